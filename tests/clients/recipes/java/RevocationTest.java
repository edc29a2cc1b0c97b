import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Tests of revocation in Java, with nothing but the JDK: {@code java RevocationTest.java [NAME...]}.
 *
 * It says how each went in a line, and ends with status 1 if one failed. With JUnit, {@code start} is for
 * {@code @BeforeAll}, and each method {@code test...} for {@code @Test}.
 */
class RevocationTest {
    // ---- What to copy: a server that ends with this program, whose pipe is its standard input; and a way to ask it.

    static final HttpClient HTTP = HttpClient.newHttpClient();
    static String base;

    static void start() throws Exception {
        Process server = new ProcessBuilder("mockpki", "serve", "--exit-with-stdin")
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String ready = new BufferedReader(new InputStreamReader(server.getInputStream())).readLine();
        base = text(ready, "url");
    }

    /** Makes a call. One that is refused fails the test, with the server's sentence. */
    static String ask(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
            .header("Content-Type", "application/json").method(method, BodyPublishers.ofString(body)).build();
        var answer = HTTP.send(request, BodyHandlers.ofString());
        if (answer.statusCode() >= 400) {
            throw new AssertionError(method + " " + path + ": " + text(answer.body(), "detail"));
        }
        return answer.body();
    }

    /** All texts and numbers of that name in a JSON document. The JDK reads none: use the library that you have. */
    static List<String> texts(String json, String name) {
        return Pattern.compile("\"" + name + "\": ?(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\w+))").matcher(json).results()
            .map(found -> found.group(1) == null ? found.group(2) : found.group(1).translateEscapes()).toList();
    }

    static String text(String json, String name) {
        return texts(json, name).get(0);
    }

    // ---- The client, in whose place your own goes: JSSE, with the PKIXRevocationChecker of the JDK.

    static void connect(KeyStore roots, String host, int port, Option... options) throws Exception {
        var checker = (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        checker.setOptions(options.length == 0 ? Set.of() : EnumSet.copyOf(List.of(options)));
        var parameters = new PKIXBuilderParameters(roots, new X509CertSelector());
        parameters.addCertPathChecker(checker);
        var managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(new CertPathTrustManagerParameters(parameters));
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        try (var socket = (SSLSocket) context.getSocketFactory().createSocket()) {
            var settings = socket.getSSLParameters();
            settings.setServerNames(List.of(new SNIHostName("localhost")));
            settings.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(settings);
            socket.setSoTimeout(10_000);
            socket.connect(new InetSocketAddress(host, port), 10_000);
            socket.startHandshake();
        }
    }

    /** What an exception says, and what those behind it do. */
    static String words(Throwable error) {
        return error == null ? "" : error.getMessage() + "; " + words(error.getCause());
    }

    // ---- A PKI for one test alone.

    static class Pki {
        final String path = "v1/pkis/" + text(RevocationTest.ask("POST", "v1/pkis", "{}"), "id");
        final KeyStore roots = KeyStore.getInstance("PKCS12");

        Pki() throws Exception {
            var url = URI.create(base + path + "/roots.p12?password=secret");
            var store = HTTP.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofByteArray()).body();
            roots.load(new ByteArrayInputStream(store), "secret".toCharArray());
            OPEN.add(this);
        }

        String ask(String method, String path, String body) throws Exception {
            return RevocationTest.ask(method, this.path + path, body);
        }
    }

    /** Closed at the end of all tests: Java remembers a CRL by its URL for a while, and so no URL is used again. */
    static final List<Pki> OPEN = new ArrayList<>();

    static void check(boolean holds, String sentence) {
        if (!holds) {
            throw new AssertionError(sentence);
        }
    }

    // ---- The tests.

    static void testStory() throws Exception {
        var pki = new Pki();
        String leaf = text(pki.ask("POST", "/certificates", "{\"identities\": [\"localhost\"]}"), "id");
        String made = pki.ask("POST", "/tls_servers", "{\"certificates\": [\"" + leaf + "\"], \"staple\": \"none\"}");
        String staple = "/tls_servers/" + text(made, "id") + "/staple";
        int port = Integer.parseInt(text(made, "port"));

        pki.ask("PUT", "/crl/faults", "{\"faults\": [\"HttpStatus 503\"]}"); // else CRLs stand in for OCSP
        accepts(pki, port);
        texts(pki.ask("GET", "/ocsp/requests", ""), "text").forEach(System.out::println); // what was asked
        pki.ask("POST", "/ocsp/assert_asked", "{\"certificate\": \"" + leaf + "\", \"times\": 1}");

        pki.ask("PUT", staple, "{\"staple\": \"honest\"}");
        accepts(pki, port);
        pki.ask("POST", "/ocsp/assert_asked", "{\"certificate\": \"" + leaf + "\", \"times\": 1}"); // it had its staple
        pki.ask("PUT", staple, "{\"staple\": [\"Stale by=2d\"]}");
        rejects(pki, port, "validity interval is out-of-date");
        pki.ask("PUT", staple, "{\"staple\": \"none\"}");

        pki.ask("PUT", "/ocsp/faults", "{\"faults\": [\"HttpStatus 503\"]}");
        rejects(pki, port, "Unable to determine revocation status due to network error");
        accepts(pki, port, Option.SOFT_FAIL);
        pki.ask("PUT", "/ocsp/faults", "{\"faults\": []}");

        pki.ask("POST", "/certificates/" + leaf + "/revoke", "{\"reason\": \"key_compromise\"}");
        rejects(pki, port, "reason: KEY_COMPROMISE");
        rejects(pki, port, "reason: KEY_COMPROMISE", Option.SOFT_FAIL);
        pki.ask("POST", "/check", "");
    }

    static void accepts(Pki pki, int port, Option... options) throws Exception {
        connect(pki.roots, "127.0.0.1", port, options);
    }

    static void rejects(Pki pki, int port, String words, Option... options) {
        String said = "";
        try {
            connect(pki.roots, "127.0.0.1", port, options);
        } catch (Exception error) {
            said = words(error);
        }
        check(said.contains(words), "should have been rejected with '" + words + "', and was not: '" + said + "'");
    }

    /**
     * By a staple, else by OCSP, else by CRL, for the whole chain; hard-fail, also where the staple is of no use. Left
     * out is what this policy does not speak of: staples that cannot be decoded at all, and CRLs by reason.
     */
    static void testTable() throws Exception {
        table("hard-fail,sourceless_passes=no,unknown_rejects=no,bad_staple_rejects=yes",
            "(?!(staple-(garbage|empty)|crl-reasons-.*)$).*");
    }

    /** With SOFT_FAIL an outage passes, and what is revoked does not. */
    static void testTableSoftFail() throws Exception {
        table("soft-fail,bad_staple_rejects=yes",
            "(ocsp|intermediate-ocsp|all)-(good|revoked|refused|silent|http-500|internal-error|try-later|down)",
            Option.SOFT_FAIL);
    }

    /** The last target of a first stage is a server whose CA is another: who accepts that is judged nowhere. */
    static void testTrustsAnybody() throws Exception {
        var anybody = new X509ExtendedTrustManager() {
            public void checkClientTrusted(X509Certificate[] chain, String type) {}
            public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}
            public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
            public void checkServerTrusted(X509Certificate[] chain, String type) {}
            public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}
            public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
            public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
        };
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {anybody}, null);
        var pki = new Pki();
        String stage = pki.ask("POST", "/stages", "{\"scenario\": \"staple-good\", \"policy\": \"no-check\"}");
        String said = visit(pki, stage, (host, port) -> {
            try (var socket = (SSLSocket) context.getSocketFactory().createSocket(host, port)) {
                socket.startHandshake();
            }
        });
        System.out.println(said);
        check(said.startsWith("not judged: it accepts a certificate by a CA that it does not trust"), "it was judged");
    }

    /** The scenarios whose names match; each stage says where to go, and the server judges what was done there. */
    static void table(String policy, String which, Option... options) throws Exception {
        String all = RevocationTest.ask("GET", "v1/scenarios?policy=" + URLEncoder.encode(policy, StandardCharsets.UTF_8), "");
        Map<String, Callable<String>> visits = new LinkedHashMap<>();
        for (String name : texts(all.substring(all.indexOf("\"scenarios\"")), "name")) {
            if (name.matches(which)) {
                var pki = new Pki();
                String stage = pki.ask("POST", "/stages", "{\"scenario\": \"" + name + "\", \"policy\": \"" + policy + "\"}");
                visits.put(name, () -> visit(pki, stage, (host, port) -> connect(pki.roots, host, port, options)));
            }
        }
        var threads = Executors.newFixedThreadPool(8);
        List<String> failed = new ArrayList<>();
        try {
            List<Future<String>> ends = new ArrayList<>();
            for (var visit : visits.values()) {
                ends.add(threads.submit(visit));
            }
            int i = 0;
            for (String name : visits.keySet()) {
                String said = ends.get(i++).get();
                System.out.println(name + ": " + (said.isEmpty() ? "as demanded" : "not as demanded"));
                if (!said.isEmpty()) {
                    failed.add(said);
                }
            }
        } finally {
            threads.shutdown();
        }
        check(failed.isEmpty(), String.join("\n", failed));
    }

    interface Client {
        void connect(String host, int port) throws Exception;
    }

    /** What the server says if the client did not do as its policy demands; else an empty text. */
    static String visit(Pki pki, String stage, Client client) throws Exception {
        String answer = stage;
        while (!answer.contains("\"next\":null")) { // it may have to come more than once
            Exception error = null;
            try {
                client.connect(text(answer, "host"), Integer.parseInt(text(answer, "port")));
            } catch (Exception rejected) {
                error = rejected;
            }
            String detail = words(error).replaceAll("[\"\\\\\\p{Cntrl}]", " ");
            answer = pki.ask("POST", "/stages/" + text(stage, "id") + "/visits",
                "{\"accepted\": " + (error == null) + ", \"detail\": \"" + detail + "\"}");
        }
        return text(answer, "ok").equals("true") ? "" : text(answer, "message");
    }

    public static void main(String[] names) throws Exception {
        for (String source : List.of("ocsp", "crl")) { // in seconds
            System.setProperty("com.sun.security." + source + ".timeout", "2");
            System.setProperty("com.sun.security." + source + ".readtimeout", "2");
        }
        start();
        boolean failed = false;
        for (var method : RevocationTest.class.getDeclaredMethods()) {
            String name = method.getName();
            if (!name.startsWith("test") || names.length > 0 && !List.of(names).contains(name)) {
                continue;
            }
            try {
                method.invoke(null);
                System.out.println("ok " + name);
            } catch (java.lang.reflect.InvocationTargetException error) {
                failed = true;
                System.out.println("FAILED " + name + ": " + error.getCause());
            }
        }
        for (var pki : OPEN) {
            pki.ask("DELETE", "", "");
        }
        System.exit(failed ? 1 : 0);
    }
}
