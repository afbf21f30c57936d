#!/usr/bin/env python3
"""Writes a one-layer image as a docker-archive tar. The same input gives the same bytes."""
import argparse
import hashlib
import io
import json
import os
import platform
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def add(tar, name, data=None, mode=0o755):
    entry = tarfile.TarInfo(name.strip("/"))
    entry.mode = mode
    if data is None:
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
    else:
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def layer(files, texts, folders):
    """files: target -> source path; texts: target -> text; folders: target -> mode."""
    contents = {target: (read(source), 0o755 if os.access(source, os.X_OK) else 0o644) for target, source in files.items()}
    contents.update({target: (text.encode(), 0o644) for target, text in texts.items()})
    parents = dict(folders)
    for target in contents:
        parent = os.path.dirname(target)
        while parent != "/":
            parents.setdefault(parent, 0o755)
            parent = os.path.dirname(parent)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in sorted(parents):
            add(tar, folder, mode=parents[folder])
        for target in sorted(contents):
            data, mode = contents[target]
            add(tar, target, data, mode)
    return out.getvalue()


def archive(tag, user, entrypoint, layer_bytes):
    digest = hashlib.sha256(layer_bytes).hexdigest()
    config = json.dumps({
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "User": user,
            "Entrypoint": [entrypoint] if entrypoint else None,
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
    }, sort_keys=True).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [tag], "Layers": [digest + ".tar"]}]).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        add(tar, digest + ".tar", layer_bytes, 0o644)
        add(tar, config_name, config, 0o644)
        add(tar, "manifest.json", manifest, 0o644)
    return out.getvalue()


def files_below(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            yield "/" + os.path.relpath(path, folder), path


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tag", required=True)
    parser.add_argument("--user", default="65532:65532")
    parser.add_argument("--entrypoint")
    parser.add_argument("--file", action="append", default=[], metavar="SOURCE:TARGET")
    parser.add_argument("--folder", help="all its files, at the root of the image")
    parser.add_argument("output")
    return parser.parse_args()


def main():
    args = arguments()
    files = dict(files_below(args.folder)) if args.folder else {}
    for pair in args.file:
        source, target = pair.split(":")
        files[target] = source
    uid, gid = args.user.split(":")
    # An image of data, for an image volume, holds nothing else.
    texts = {} if not args.entrypoint else {
        "/etc/passwd": f"root:x:0:0:root:/:/sbin/nologin\nschemalift:x:{uid}:{gid}::/:/sbin/nologin\n",
        "/etc/group": f"root:x:0:\nschemalift:x:{gid}:\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }
    data = archive(args.tag, args.user, args.entrypoint, layer(files, texts, {"/tmp": 0o1777} if args.entrypoint else {}))
    with open(args.output, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
