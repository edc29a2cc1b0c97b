package revocation

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// The standard library hands over staples and does not read them. This reads what a CA has signed itself; in a program
// of your own, take golang.org/x/crypto/ocsp.

var (
	basicResponse = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	ecdsaSHA256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

type ocspResponse struct {
	Status asn1.Enumerated
	Body   struct {
		Type  asn1.ObjectIdentifier
		Basic []byte
	} `asn1:"optional,explicit,tag:0"`
}

type basicOCSPResponse struct {
	Data         responseData
	Algorithm    pkix.AlgorithmIdentifier
	Signature    asn1.BitString
	Certificates asn1.RawValue `asn1:"optional,explicit,tag:0"`
}

type responseData struct {
	Raw        asn1.RawContent
	Version    int `asn1:"optional,explicit,tag:0"`
	Responder  asn1.RawValue
	ProducedAt time.Time `asn1:"generalized"`
	Responses  []struct {
		ID struct {
			Hash      pkix.AlgorithmIdentifier
			Name, Key []byte
			Serial    *big.Int
		}
		Status     asn1.RawValue // [0] good, [1] revoked, [2] unknown
		ThisUpdate time.Time     `asn1:"generalized"`
		NextUpdate time.Time     `asn1:"generalized,optional,explicit,tag:0"`
		Extensions asn1.RawValue `asn1:"optional,explicit,tag:1"`
	}
	Extensions asn1.RawValue `asn1:"optional,explicit,tag:1"`
}

func checkStaple(der []byte, cert, issuer *x509.Certificate) error {
	var outer ocspResponse
	var basic basicOCSPResponse
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return notTold("the staple is no OCSP response: %v", err)
	}
	if outer.Status != 0 || !outer.Body.Type.Equal(basicResponse) {
		return notTold("the staple is the error %d", outer.Status)
	}
	if rest, err := asn1.Unmarshal(outer.Body.Basic, &basic); err != nil || len(rest) > 0 {
		return notTold("the staple cannot be read: %v", err)
	}
	if !basic.Algorithm.Algorithm.Equal(ecdsaSHA256) {
		return notTold("the staple is signed by %v", basic.Algorithm.Algorithm)
	}
	if err := issuer.CheckSignature(x509.ECDSAWithSHA256, basic.Data.Raw, basic.Signature.Bytes); err != nil {
		return notTold("the staple is not signed by the CA: %v", err)
	}
	for _, one := range basic.Data.Responses {
		if one.ID.Serial.Cmp(cert.SerialNumber) != 0 || !bytes.Equal(cert.RawIssuer, issuer.RawSubject) {
			continue
		}
		if !isNow(one.ThisUpdate, one.NextUpdate) {
			return notTold("the staple is of %v to %v", one.ThisUpdate, one.NextUpdate)
		}
		switch one.Status.Tag {
		case 0:
			return nil
		case 1:
			return fmt.Errorf("the certificate %x is revoked by staple", cert.SerialNumber)
		default:
			return fmt.Errorf("the CA does not know the certificate %x", cert.SerialNumber)
		}
	}
	return notTold("the staple is about another certificate")
}
