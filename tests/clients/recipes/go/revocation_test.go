// Package revocation has tests of revocation in Go, with nothing but its standard library:
//
//	go test ./...
//
// mockpki_test.go is what to copy; the client and its staples stand where your own go.
package revocation

import (
	"crypto/tls"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"
)

type pki struct {
	t    *testing.T
	Path string
	ID   string
	PEM  string `json:"ca_pem"`
}

// open makes a PKI for one test alone. At its end it is asked whether anything went wrong, and closed.
func open(t *testing.T) *pki {
	made := &pki{t: t}
	ask(t, "POST", "v1/pkis", object{"name": strings.ReplaceAll(t.Name(), "/", " ")}, made)
	made.Path = "v1/pkis/" + made.ID
	t.Cleanup(func() {
		ask(t, "POST", made.Path+"/check", nil, nil)
		ask(t, "DELETE", made.Path, nil, nil)
	})
	return made
}

func (p *pki) ask(method, path string, body, answer any) {
	p.t.Helper()
	ask(p.t, method, p.Path+path, body, answer)
}

// serve issues a certificate and starts a TLS server with it: the certificate's id, the server's path, and the way there.
func (p *pki) serve() (leaf, server string, to target) {
	var cert, made struct{ ID string }
	p.ask("POST", "/certificates", object{"identities": []string{"localhost"}}, &cert)
	p.ask("POST", "/tls_servers", object{"certificates": []string{cert.ID}}, &made)
	server = "/tls_servers/" + made.ID
	p.ask("GET", server, nil, &to)
	to.CaPEM = p.PEM
	return cert.ID, server, to
}

func accepts(t *testing.T, c client, to target) {
	t.Helper()
	if err := c.connect(to); err != nil {
		t.Fatalf("rejected: %v", err)
	}
}

func rejects(t *testing.T, c client, to target, words string) {
	t.Helper()
	if err := c.connect(to); err == nil || !strings.Contains(err.Error(), words) {
		t.Fatalf("should have been rejected with %q, and was not: %v", words, err)
	}
}

var hard, soft = client{}, client{soft: true}

func TestHonest(t *testing.T) {
	t.Parallel()
	p := open(t)
	_, server, to := p.serve()
	accepts(t, hard, to)
	var seen struct {
		Handshakes []struct {
			Text      string
			Requested bool `json:"staple_requested"`
			Staple    []byte
		}
	}
	p.ask("GET", server+"/handshakes", nil, &seen)
	t.Log(seen.Handshakes[0].Text)
	if !seen.Handshakes[0].Requested || len(seen.Handshakes[0].Staple) == 0 {
		t.Error("no staple was asked for")
	}
	const root = "/cas/root"
	p.ask("POST", root+"/crl/assert_asked", object{"times": 1}, nil) // about the CA
	p.ask("POST", "/crl/assert_asked", object{"times": 0}, nil)      // the leaf had its staple
}

func TestRevoked(t *testing.T) {
	t.Parallel()
	p := open(t)
	leaf, server, to := p.serve()
	p.ask("POST", "/certificates/"+leaf+"/revoke", object{"reason": "key_compromise"}, nil)
	rejects(t, hard, to, "revoked by staple")
	p.ask("PUT", server+"/staple", object{"staple": "none"}, nil)
	rejects(t, hard, to, "revoked by CRL")
	rejects(t, soft, to, "revoked by CRL")
	var seen struct{ Requests []struct{ Text string } }
	p.ask("GET", "/crl/requests", nil, &seen)
	for _, request := range seen.Requests {
		t.Log(request.Text)
	}
}

func TestStaples(t *testing.T) {
	t.Parallel()
	p := open(t)
	_, server, to := p.serve()
	p.ask("PUT", "/crl/faults", object{"faults": []string{"Refused"}}, nil)
	accepts(t, hard, to)
	for staple, words := range map[string]string{"none": "connection refused", "Stale by=2d": "connection refused"} {
		value := any(staple)
		if staple != "none" {
			value = []string{staple}
		}
		p.ask("PUT", server+"/staple", object{"staple": value}, nil)
		rejects(t, hard, to, words)
		accepts(t, soft, to)
	}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	p := open(t)
	_, server, to := p.serve()
	p.ask("PUT", server+"/staple", object{"staple": "none"}, nil)
	p.ask("PUT", "/crl/faults", object{"faults": []string{"HttpStatus 503"}}, nil)
	rejects(t, hard, to, "503 Service Unavailable")
	accepts(t, soft, to)
	p.ask("PUT", "/crl/faults", object{"faults": []string{}}, nil)
	accepts(t, hard, to)
	p.ask("POST", "/crl/assert_asked", object{"times": 3}, nil)
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The scenario table: each stage says where to go, and the server judges what was done there, by what it saw.
func TestTable(t *testing.T) {
	for _, table := range []struct {
		policy string
		client client
		names  string
	}{
		{"hard-fail,sources=staple+CRL", hard, "*"},
		{"soft-fail,sources=staple+CRL", soft, "crl-good crl-revoked crl-garbage crl-http-500 crl-refused crl-silent all-*"},
	} {
		var all struct{ Scenarios []struct{ Name string } }
		ask(t, "GET", "v1/scenarios?policy="+url.QueryEscape(table.policy), nil, &all)
		for _, scenario := range all.Scenarios {
			table, name := table, scenario.Name
			if !matches(name, table.names) {
				continue
			}
			t.Run(strings.SplitN(table.policy, ",", 2)[0]+"/"+name, func(t *testing.T) {
				t.Parallel()
				if ok, message := play(t, name, table.policy, table.client.connect); !ok {
					t.Error(message)
				}
			})
		}
	}
}

// matches tells whether one of these globs is for a name.
func matches(name, globs string) bool {
	for _, glob := range strings.Fields(globs) {
		if found, _ := path.Match(glob, name); found {
			return true
		}
	}
	return false
}

// The last target of a first stage is a server whose CA is another: who accepts that is judged nowhere, and told why.
func TestTrustsAnybody(t *testing.T) {
	t.Parallel()
	ok, message := play(t, "staple-good", "no-check", func(to target) error {
		address := net.JoinHostPort(to.Host, strconv.Itoa(to.Port))
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err == nil {
			err = connection.Close()
		}
		return err
	})
	t.Log(message)
	if ok || !strings.HasPrefix(message, "not judged: it accepts a certificate by a CA that it does not trust") {
		t.Error("it was judged")
	}
}

func play(t *testing.T, scenario, policy string, connect func(target) error) (bool, string) {
	p := open(t)
	var stage struct {
		ID     string
		Target *target
	}
	p.ask("POST", "/stages", object{"scenario": scenario, "policy": policy}, &stage)
	for { // it may have to come more than once
		err := connect(*stage.Target)
		var visit struct {
			Next    *target
			OK      bool
			Message string
		}
		p.ask("POST", "/stages/"+stage.ID+"/visits", object{"accepted": err == nil, "detail": words(err)}, &visit)
		if stage.Target = visit.Next; stage.Target == nil {
			return visit.OK, visit.Message
		}
	}
}
