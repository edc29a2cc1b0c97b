import java.io.FileInputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * HOST PORT P12_FILE [CA_FILE [OPTION of PKIXRevocationChecker]...]
 *
 * <p>Answers whatever it is asked. JSSE staples when jdk.tls.server.enableStatusRequestExtension is true. With a
 * CA it requires client certificates, and checks them.
 */
public final class JsseServer {
    private static final byte[] ANSWER = "HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    public static void main(String[] args) throws Exception {
        char[] password = "mockpki".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(args[2])) {
            store.load(file, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        boolean checks = args.length > 3;
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
            keys.getKeyManagers(),
            checks ? trusting(args[3], List.of(args).subList(4, args.length)) : null,
            null);
        ExecutorService clients = Executors.newCachedThreadPool();
        InetAddress host = InetAddress.getByName(args[0]);
        int port = Integer.parseInt(args[1]);
        try (SSLServerSocket server =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 50, host)) {
            server.setNeedClientAuth(checks);
            while (true) {
                SSLSocket client = (SSLSocket) server.accept();
                clients.execute(() -> serve(client));
            }
        }
    }

    private static TrustManager[] trusting(String root, List<String> chosen) throws Exception {
        PKIXRevocationChecker checker =
            (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        EnumSet<PKIXRevocationChecker.Option> options = EnumSet.noneOf(PKIXRevocationChecker.Option.class);
        for (String option : chosen) {
            options.add(PKIXRevocationChecker.Option.valueOf(option));
        }
        checker.setOptions(options);
        X509Certificate anchor;
        try (FileInputStream file = new FileInputStream(root)) {
            anchor = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
        PKIXBuilderParameters parameters =
            new PKIXBuilderParameters(Set.of(new TrustAnchor(anchor, null)), new X509CertSelector());
        parameters.addCertPathChecker(checker);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(new CertPathTrustManagerParameters(parameters));
        return trust.getTrustManagers();
    }

    private static void serve(SSLSocket client) {
        try (client) {
            client.startHandshake();
            if (client.getInputStream().read(new byte[4096]) > 0) {
                client.getOutputStream().write(ANSWER);
            }
        } catch (java.io.IOException error) {
            System.err.println(error);
        }
    }
}
