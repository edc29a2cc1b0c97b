import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A TLS client whose revocation checks are those of PKIXRevocationChecker.
 *
 * Reads lines of options, host, port, server name and the path of a root in PEM, with tabs between, and answers
 * each with one line: "accepts", or "rejects: " and why.
 */
class Client {
    private static final int PATIENCE = 8000;

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(answer(line.split("\t")).replaceAll("\\s+", " "));
            System.out.flush();
        }
    }

    private static String answer(String[] fields) {
        try {
            connect(trusting(fields[4], fields[0]), fields[1], Integer.parseInt(fields[2]), fields[3]);
            return "accepts";
        } catch (Exception error) {
            return "rejects: " + reasons(error);
        }
    }

    /** Trusts one root, and checks revocation with those options of PKIXRevocationChecker. */
    private static SSLContext trusting(String root, String options) throws Exception {
        PKIXRevocationChecker checker =
            (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        EnumSet<Option> chosen = EnumSet.noneOf(Option.class);
        for (String option : options.split(",")) {
            if (!option.isEmpty()) {
                chosen.add(Option.valueOf(option));
            }
        }
        checker.setOptions(chosen);
        PKIXBuilderParameters parameters =
            new PKIXBuilderParameters(Set.of(new TrustAnchor(load(root), null)), new X509CertSelector());
        parameters.addCertPathChecker(checker);
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(new CertPathTrustManagerParameters(parameters));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static void connect(SSLContext context, String host, int port, String name) throws Exception {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(PATIENCE);
            socket.connect(new InetSocketAddress(host, port), PATIENCE);
            socket.startHandshake();
        }
    }

    private static X509Certificate load(String path) throws Exception {
        try (var stream = Files.newInputStream(Path.of(path))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(stream);
        }
    }

    /** What the exception and those behind it say. */
    private static String reasons(Throwable error) {
        String said = String.valueOf(error.getMessage() == null ? error : error.getMessage());
        Throwable cause = error.getCause();
        return cause == null || said.contains(String.valueOf(cause.getMessage())) ? said : said + ", " + reasons(cause);
    }
}
