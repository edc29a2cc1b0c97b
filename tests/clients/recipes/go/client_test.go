package revocation

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// client stands where your own goes, and is held to a policy of its own: it goes by the staple if it can, else by the
// CRL, of the leaf and of the CAs above it, and rejects where neither can tell, unless it is soft. What it cannot tell
// is no revocation. It knows no delta CRLs and no indirect ones.
type client struct{ soft bool }

// target is what a client needs to go to a server.
type target struct {
	Host       string
	Port       int
	ServerName string `json:"server_name"`
	CaPEM      string `json:"ca_pem"`
}

var errNotTold = errors.New("nobody can tell whether the certificate is revoked")

func (c client) connect(to target) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(to.CaPEM))
	connection, err := tls.Dial("tcp", net.JoinHostPort(to.Host, strconv.Itoa(to.Port)), &tls.Config{
		RootCAs:          roots,
		ServerName:       to.ServerName,
		VerifyConnection: c.verify, // crypto/tls has checked the chain, and leaves revocation to us
	})
	if err != nil {
		return err
	}
	defer connection.Close()
	fmt.Fprintf(connection, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", to.ServerName)
	_, err = io.ReadAll(connection)
	return err
}

func (c client) verify(state tls.ConnectionState) error {
	chain := state.VerifiedChains[0]
	for i, cert := range chain[:len(chain)-1] {
		err := errNotTold
		if i == 0 && len(state.OCSPResponse) > 0 {
			err = checkStaple(state.OCSPResponse, cert, chain[1])
		}
		if errors.Is(err, errNotTold) {
			err = checkCRLs(cert, chain[i+1], err)
		}
		if errors.Is(err, errNotTold) && c.soft {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func notTold(why string, args ...any) error {
	return fmt.Errorf("%w: %s", errNotTold, fmt.Sprintf(why, args...))
}

const skew = 5 * time.Minute

func isNow(from, to time.Time) bool {
	now := time.Now()
	return from.Before(now.Add(skew)) && to.After(now.Add(-skew))
}

// checkCRLs tells by the first CRL that is of use. A certificate that names none passes, unless there was a staple
// that could not tell.
func checkCRLs(cert, issuer *x509.Certificate, before error) error {
	if len(cert.CRLDistributionPoints) == 0 && before == errNotTold {
		return nil
	}
	err := before
	for _, url := range cert.CRLDistributionPoints {
		if err = checkCRL(url, cert, issuer); !errors.Is(err, errNotTold) {
			break
		}
	}
	return err
}

func checkCRL(url string, cert, issuer *x509.Certificate) error {
	response, err := (&http.Client{Timeout: 2 * time.Second}).Get(url)
	if err != nil {
		return notTold("%v", err)
	}
	defer response.Body.Close()
	der, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return notTold("%s: %s %v", url, response.Status, err)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return notTold("%v", err)
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return notTold("%v", err)
	}
	if !isNow(list.ThisUpdate, list.NextUpdate) {
		return notTold("the CRL is of %v to %v", list.ThisUpdate, list.NextUpdate)
	}
	for _, extension := range list.Extensions {
		if extension.Critical && !isFor(extension, url, cert) {
			return notTold("the CRL is for others: %v", extension.Id)
		}
	}
	for _, revoked := range list.RevokedCertificates {
		if revoked.SerialNumber.Cmp(cert.SerialNumber) == 0 {
			return fmt.Errorf("the certificate %x is revoked by CRL", cert.SerialNumber)
		}
	}
	return nil
}

// isFor says whether a critical extension of a CRL is an issuingDistributionPoint (RFC 5280 section 5.2.5) that covers
// a certificate which names it by url.
func isFor(extension pkix.Extension, url string, cert *x509.Certificate) bool {
	var scope struct {
		Point struct {
			Names []asn1.RawValue `asn1:"optional,tag:0"`
		} `asn1:"optional,tag:0"`
		OnlyUsers      bool           `asn1:"optional,tag:1"`
		OnlyCAs        bool           `asn1:"optional,tag:2"`
		Reasons        asn1.BitString `asn1:"optional,tag:3"`
		Indirect       bool           `asn1:"optional,tag:4"`
		OnlyAttributes bool           `asn1:"optional,tag:5"`
	}
	if !extension.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 28}) {
		return false
	}
	if rest, err := asn1.Unmarshal(extension.Value, &scope); err != nil || len(rest) > 0 {
		return false
	}
	named := len(scope.Point.Names) == 0
	for _, name := range scope.Point.Names {
		named = named || string(name.Bytes) == url
	}
	return named && !scope.Indirect && !scope.OnlyAttributes && scope.Reasons.BitLength == 0 &&
		!(scope.OnlyUsers && cert.IsCA) && !(scope.OnlyCAs && !cert.IsCA)
}
