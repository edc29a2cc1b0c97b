import java.io.FileInputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Shakes hands, and no more. JSSE staples when jdk.tls.server.enableStatusRequestExtension is true. */
public final class JsseServer {
    public static void main(String[] args) throws Exception {
        char[] password = "mockpki".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(args[2])) {
            store.load(file, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        ExecutorService clients = Executors.newCachedThreadPool();
        InetAddress host = InetAddress.getByName(args[0]);
        int port = Integer.parseInt(args[1]);
        try (SSLServerSocket server =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 50, host)) {
            while (true) {
                SSLSocket client = (SSLSocket) server.accept();
                clients.execute(() -> serve(client));
            }
        }
    }

    private static void serve(SSLSocket client) {
        try (client) {
            client.startHandshake();
            client.getInputStream().read();
        } catch (java.io.IOException error) {
            System.err.println(error);
        }
    }
}
