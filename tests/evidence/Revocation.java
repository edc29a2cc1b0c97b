import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Reads lines of OCSP or CRL and the paths of a root, a CA and a leaf in PEM, with tabs between, and
 * answers each with one line: what PKIXRevocationChecker makes of the leaf by that source alone.
 */
class Revocation {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(verdict(line.split("\t")).replaceAll("\\s+", " "));
            System.out.flush();
        }
    }

    private static String verdict(String[] fields) {
        try {
            CertPathValidator validator = CertPathValidator.getInstance("PKIX");
            PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
            EnumSet<Option> options = EnumSet.of(Option.ONLY_END_ENTITY, Option.NO_FALLBACK);
            if (fields[0].equals("CRL")) {
                options.add(Option.PREFER_CRLS);
            }
            checker.setOptions(options);
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(load(fields[1]), null)));
            parameters.addCertPathChecker(checker);
            validator.validate(
                CertificateFactory.getInstance("X.509")
                    .generateCertPath(List.of(load(fields[3]), load(fields[2]))),
                parameters);
            return "accepts";
        } catch (Exception error) {
            return "rejects: " + chain(error);
        }
    }

    private static X509Certificate load(String path) throws Exception {
        try (var stream = Files.newInputStream(Path.of(path))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(stream);
        }
    }

    private static String chain(Throwable error) {
        String said = String.valueOf(error.getMessage() == null ? error : error.getMessage());
        Throwable cause = error.getCause();
        return cause == null || said.contains(String.valueOf(cause.getMessage())) ? said : said + ", " + chain(cause);
    }
}
