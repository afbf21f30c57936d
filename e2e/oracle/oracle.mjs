// Reads a JSON array of {files: [[name, text]], provider, sql} on standard input and answers, one for one,
// {errors: [{file, line, end, text}], warnings: [...], formatted: [text], sql} as Prisma's engines see the schema.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), 'node_modules', '@prisma')
let panic = null
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message(message) { panic = message } }
const psl = require(path.join(modules, 'prisma-schema-wasm', 'src', 'prisma_schema_build.js'))

const ok = (value) => ({ ok: true, value, map: (f) => ok(f(value)), flatMap: (f) => f(value) })

// What the engine asks of a connection before it compares two schemas.
function connection(provider) {
  const postgres = provider === 'postgres'
  const answer = { columnTypes: [5, 7, 0], columnNames: ['exists', 'version', 'numeric_version'], rows: [[true, 'PostgreSQL 15.0', 150000]] }
  const open = {
    provider, adapterName: 'none',
    async queryRaw() { return ok(postgres ? answer : { columnTypes: [], columnNames: [], rows: [] }) },
    async executeRaw() { return ok(0) },
    async executeScript() { return ok(undefined) },
    getConnectionInfo() { return ok({ schemaName: postgres ? 'public' : undefined, maxBindValues: 32766, supportsRelationJoins: true }) },
    async dispose() { return ok(undefined) },
  }
  return { provider, adapterName: 'none', async connect() { return ok(open) }, async connectToShadowDb() { return ok(open) } }
}

// An instance is of no use after a panic, so each comparison has its own.
let compiled = null
let serial = 0
async function engine() {
  const folder = path.join(modules, 'schema-engine-wasm')
  compiled ??= new WebAssembly.Module(fs.readFileSync(path.join(folder, 'schema_engine_bg.wasm')))
  const js = await import(pathToFileURL(path.join(folder, 'schema_engine_bg.js')).href + `?n=${++serial}`)
  const instance = await WebAssembly.instantiate(compiled, { './schema_engine_bg.js': js })
  js.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return js
}

// Version 7 refuses connection urls in the schema; their lines are emptied so that no place moves.
const withoutUrls = (text) => text.replace(/^[ \t]*(url|directUrl|shadowDatabaseUrl)[ \t]*=.*$/gm, '')
const offsets = (text, offset) => Buffer.from(text).subarray(0, offset).toString().split('\n').length

async function sql(files, provider) {
  const se = await (await engine()).SchemaEngine.new({ datamodels: files }, () => {}, connection(provider))
  const to = { tag: 'schemaDatamodel', files: files.map(([path, content]) => ({ path, content })) }
  const filters = { externalTables: [], externalEnums: [] }
  const found = await se.diff({ from: { tag: 'empty' }, to, script: true, exitCode: true, shadowDatabaseUrl: null, filters })
  return found.stdout
}

async function judge({ files, provider, sql: wanted }) {
  const adapted = files.map(([name, text]) => [name, withoutUrls(text)])
  const texts = Object.fromEntries(adapted)
  const findings = JSON.parse(psl.lint(JSON.stringify(adapted)))
  const shown = (found) => {
    const text = texts[found.file_name] ?? ''
    return { file: found.file_name, line: offsets(text, found.start), end: offsets(text, found.end), text: found.text }
  }
  const answer = {
    errors: findings.filter((found) => !found.is_warning).map(shown),
    warnings: findings.filter((found) => found.is_warning).map(shown),
    formatted: files.map(([name, text]) => {
      const options = { textDocument: { uri: `file:/${name}` }, options: { tabSize: 2, insertSpaces: true } }
      return JSON.parse(psl.format(JSON.stringify([[`file:/${name}`, text]]), JSON.stringify(options)))[0][1]
    }),
    sql: null,
  }
  if (wanted && answer.errors.length === 0) {
    try {
      answer.sql = await sql(adapted, provider === 'postgresql' ? 'postgres' : provider)
    } catch (error) {
      answer.sql = `failed: ${panic ?? error.message}`
      panic = null
    }
  }
  return answer
}

const answers = []
for (const question of JSON.parse(fs.readFileSync(0, 'utf8'))) answers.push(await judge(question))
process.stdout.write(JSON.stringify(answers))
