// A server of somebody's own in Go that checks client certificates, and a CRL for each CA above them.
//
//	client_certificates HOST PORT CHAIN_FILE KEY_FILE CA_FILE CRL_FILE
//
// crypto/tls has VerifyPeerCertificate for that. Who has no CRL of its issuer's that can be used is refused:
// hard-fail.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	host, port, chain, key, ca, file := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(read(ca))
	lists := readLists(read(file))
	server := &http.Server{
		Addr:    net.JoinHostPort(host, port),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }),
		TLSConfig: &tls.Config{
			ClientAuth: tls.RequireAndVerifyClientCert,
			ClientCAs:  pool,
			VerifyPeerCertificate: func(_ [][]byte, chains [][]*x509.Certificate) error {
				for at, certificate := range chains[0][:len(chains[0])-1] {
					if err := check(certificate, chains[0][at+1], lists); err != nil {
						return err
					}
				}
				return nil
			},
		},
	}
	log.Fatal(server.ListenAndServeTLS(chain, key))
}

func check(certificate, issuer *x509.Certificate, lists []*x509.RevocationList) error {
	for _, list := range lists {
		if !bytes.Equal(list.RawIssuer, issuer.RawSubject) || list.CheckSignatureFrom(issuer) != nil {
			continue
		}
		if now := time.Now(); now.Before(list.ThisUpdate) || now.After(list.NextUpdate) || narrows(list) {
			continue
		}
		for _, entry := range list.RevokedCertificates {
			if entry.SerialNumber.Cmp(certificate.SerialNumber) == 0 {
				return fmt.Errorf("%s is revoked", certificate.Subject)
			}
		}
		return nil
	}
	return fmt.Errorf("no CRL that can be used says anything of %s", certificate.Subject)
}

// RFC 5280 section 5.2: "If a CRL contains a critical extension that the application cannot process, then the
// application MUST NOT use that CRL to determine the status of certificates."
func narrows(list *x509.RevocationList) bool {
	for _, extension := range list.Extensions {
		if extension.Critical {
			return true
		}
	}
	return false
}

func read(path string) []byte {
	octets, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return octets
}

func readLists(rest []byte) (lists []*x509.RevocationList) {
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return lists
		}
		// What cannot be read says nothing.
		if list, err := x509.ParseRevocationList(block.Bytes); err == nil {
			lists = append(lists, list)
		}
	}
}
