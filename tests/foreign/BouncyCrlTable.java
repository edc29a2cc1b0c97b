import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.jcajce.PKIXExtendedParameters;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** The same as CrlTable, by BouncyCastle's path validation, with delta CRLs. */
class BouncyCrlTable {
    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        try (Stream<Path> folders = Files.list(Path.of(arguments[0]))) {
            for (Path folder : folders.sorted().toList()) {
                Date at = new Date(1000 * Long.parseLong(arguments[1]));
                System.out.println(folder.getFileName() + "\t" + verdict(folder, at));
            }
        }
    }

    private static String verdict(Path folder, Date at) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        List<Object> known = new ArrayList<>(read(folder.resolve("issuers.pem")));
        known.addAll(factory.generateCRLs(new ByteArrayInputStream(Files.readAllBytes(folder.resolve("crls.pem")))));
        PKIXParameters parameters = new PKIXParameters(
            Set.of(new TrustAnchor(read(folder.resolve("root.pem")).get(0), null)));
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(known)));
        parameters.setDate(at);
        PKIXExtendedParameters all = new PKIXExtendedParameters.Builder(parameters).setUseDeltasEnabled(true).build();
        List<X509Certificate> path = new ArrayList<>(read(folder.resolve("cert.pem")));
        path.addAll(read(folder.resolve("ca.pem")));
        try {
            CertPathValidator.getInstance("PKIX", "BC").validate(factory.generateCertPath(path), all);
            return "good";
        } catch (CertPathValidatorException error) {
            return String.valueOf(error.getMessage()).startsWith("Certificate revocation after") ? "revoked" : "undetermined";
        } catch (RuntimeException error) {
            return "undetermined";
        }
    }

    private static List<X509Certificate> read(Path path) throws Exception {
        List<X509Certificate> found = new ArrayList<>();
        for (Object one : CertificateFactory.getInstance("X.509", "BC")
                .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(path)))) {
            found.add((X509Certificate) one);
        }
        return found;
    }
}
