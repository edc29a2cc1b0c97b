package revocation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
)

var base string

// TestMain starts the server. It ends with the tests, however they end: its standard input is our pipe.
func TestMain(m *testing.M) {
	server := exec.Command("mockpki", "serve", "--exit-with-stdin")
	server.Stderr = os.Stderr
	stdin, _ := server.StdinPipe()
	stdout, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err, "(pip install mockpki)")
		os.Exit(1)
	}
	var ready struct{ URL string }
	if err := json.NewDecoder(stdout).Decode(&ready); err != nil {
		fmt.Fprintln(os.Stderr, "mockpki serve:", err)
		os.Exit(1)
	}
	base = ready.URL
	status := m.Run()
	stdin.Close()
	server.Wait()
	os.Exit(status)
}

type object = map[string]any

// ask makes a call and reads the answer into answer, a pointer or nil. A call that is refused fails the test with the
// server's sentence.
func ask(t *testing.T, method, path string, body, answer any) {
	t.Helper()
	text := []byte{}
	if body != nil {
		text, _ = json.Marshal(body)
	}
	request, _ := http.NewRequest(method, base+path, bytes.NewReader(text))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if response.StatusCode >= 400 {
		var problem struct{ Detail string }
		json.Unmarshal(said, &problem)
		t.Fatalf("%s %s: %s", method, path, problem.Detail)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(said, answer)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}
