package org.thirdmode.cost;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.DataFile;

/** The bundled profiles, and those of users. */
public final class Profiles {
    /** By age. */
    private static final List<String> NAMES = List.of(
            "prescott",
            "merom",
            "penryn",
            "barcelona",
            "nehalem",
            "westmere",
            "sandybridge",
            "haswell",
            "skylake",
            "zen2");

    private Profiles() {}

    /** The names of the bundled ones, oldest first. */
    public static List<String> names() {
        return NAMES;
    }

    /** All bundled ones by name, oldest first. */
    public static Map<String, Profile> all() {
        Map<String, Profile> all = new LinkedHashMap<>();
        NAMES.forEach(name -> all.put(name, bundled(name)));
        return all;
    }

    /**
     * A profile by its name, or, where the name ends in {@code .yaml}, from that file.
     *
     * @throws DataException where there is none of that name, or the file has a mistake; in one line
     */
    public static Profile find(String name) throws DataException {
        if (name.endsWith(".yaml") || name.endsWith(".yml")) {
            return ProfileReader.read(DataFile.read(Path.of(name)));
        }
        if (!NAMES.contains(name)) {
            throw new DataException(
                    name + ": is no profile; valid are " + String.join(", ", NAMES) + ", or a file FILE.yaml");
        }
        return bundled(name);
    }

    private static Profile bundled(String name) {
        String file = "profiles/" + name + ".yaml";
        try (InputStream in = Profiles.class.getResourceAsStream(file)) {
            return ProfileReader.read(DataFile.parse(file, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DataException e) {
            throw new IllegalStateException("a bundled profile has a mistake: " + e.getMessage(), e);
        }
    }
}
