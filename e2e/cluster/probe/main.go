// Command probe runs in a pod: it asks the API server, through the Service and with the pod's own token,
// for the ConfigMap kube-root-ca.crt of its namespace and prints what came of it.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

func main() {
	status, err := ask()
	if err != nil {
		fmt.Println("probe:", err)
		os.Exit(1)
	}
	writable := os.WriteFile("/probe", nil, 0o600) == nil
	fmt.Printf("uid=%d api=%s writableRoot=%t\n", os.Getuid(), status, writable)
	if status != "200 OK" || writable || os.Getuid() == 0 {
		os.Exit(1)
	}
}

func ask() (string, error) {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return "", err
	}
	namespace, err := os.ReadFile(account + "namespace")
	if err != nil {
		return "", err
	}
	authority, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return "", err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	host := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	request, err := http.NewRequest(http.MethodGet, "https://"+host+"/api/v1/namespaces/"+string(namespace)+"/configmaps/kube-root-ca.crt", nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	return response.Status, nil
}
