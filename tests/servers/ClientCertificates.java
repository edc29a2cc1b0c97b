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
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A server that checks client certificates: HOST PORT P12_FILE CA_FILE [OPTION of PKIXRevocationChecker]... */
public final class ClientCertificates {
    private static final byte[] ANSWER = "HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    public static void main(String[] args) throws Exception {
        char[] password = "mockpki".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(args[2])) {
            store.load(file, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);

        X509Certificate root;
        try (FileInputStream file = new FileInputStream(args[3])) {
            root = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
        PKIXRevocationChecker checker =
            (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        EnumSet<PKIXRevocationChecker.Option> options = EnumSet.noneOf(PKIXRevocationChecker.Option.class);
        for (int at = 4; at < args.length; at++) {
            options.add(PKIXRevocationChecker.Option.valueOf(args[at]));
        }
        checker.setOptions(options);
        PKIXBuilderParameters parameters =
            new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), new X509CertSelector());
        parameters.addCertPathChecker(checker);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(new CertPathTrustManagerParameters(parameters));

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        InetAddress host = InetAddress.getByName(args[0]);
        int port = Integer.parseInt(args[1]);
        try (SSLServerSocket server =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 50, host)) {
            server.setNeedClientAuth(true);
            while (true) {
                serve((SSLSocket) server.accept());
            }
        }
    }

    private static void serve(SSLSocket client) {
        try (client) {
            client.startHandshake();
            client.getInputStream().read(new byte[4096]);
            client.getOutputStream().write(ANSWER);
        } catch (java.io.IOException error) {
            System.err.println(error);
        }
    }
}
