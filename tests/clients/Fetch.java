import java.net.URL;

/** Fetches a URL, with whatever the virtual machine trusts. */
public class Fetch {
    public static void main(String[] args) throws Exception {
        try (var body = new URL(args[0]).openStream()) {
            System.out.println("fetched " + body.readAllBytes().length);
        }
    }
}
