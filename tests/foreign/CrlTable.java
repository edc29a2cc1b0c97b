import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Prints the name of each folder in a folder, and what PKIXRevocationChecker makes of cert.pem in it at a moment in
 * seconds: there are root.pem, ca.pem, issuers.pem and crls.pem.
 */
class CrlTable {
    public static void main(String[] arguments) throws Exception {
        try (Stream<Path> folders = Files.list(Path.of(arguments[0]))) {
            for (Path folder : folders.sorted().toList()) {
                Date at = new Date(1000 * Long.parseLong(arguments[1]));
                System.out.println(folder.getFileName() + "\t" + verdict(folder, at));
            }
        }
    }

    private static String verdict(Path folder, Date at) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<Object> known = new ArrayList<>(read(folder.resolve("issuers.pem")));
        known.addAll(factory.generateCRLs(new ByteArrayInputStream(Files.readAllBytes(folder.resolve("crls.pem")))));
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOptions(EnumSet.of(Option.PREFER_CRLS, Option.NO_FALLBACK));
        PKIXParameters parameters = new PKIXParameters(
            Set.of(new TrustAnchor(read(folder.resolve("root.pem")).get(0), null)));
        parameters.addCertPathChecker(checker);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(known)));
        parameters.setDate(at);
        List<X509Certificate> path = new ArrayList<>(read(folder.resolve("cert.pem")));
        path.addAll(read(folder.resolve("ca.pem")));
        try {
            validator.validate(factory.generateCertPath(path), parameters);
            return "good";
        } catch (CertPathValidatorException error) {
            return error.getReason() == BasicReason.REVOKED ? "revoked" : "undetermined";
        }
    }

    @SuppressWarnings("unchecked")
    private static List<X509Certificate> read(Path path) throws Exception {
        byte[] octets = Files.readAllBytes(path);
        return new ArrayList<>((Collection<X509Certificate>) (Collection<?>)
            CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(octets)));
    }
}
