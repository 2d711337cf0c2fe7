package org.thirdmode.vmx.capability;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/**
 * An imaginary processor as a file: a processor that there is, with features added and removed.
 *
 * <pre>
 * {
 *   "name": "haswell-without-vpid",
 *   "base": "haswell",
 *   "add": ["ENABLE_PML"],
 *   "remove": ["enable VPID", "INVVPID", "PCID"]
 * }
 * </pre>
 *
 * A feature is a control or capability of VMX ({@link VmxFeature}), or a feature flag of CPUID ({@link Feature}).
 */
public final class ProfileFile {
    private static final Set<String> KEYS = new TreeSet<>(List.of("name", "base", "add", "remove"));

    private ProfileFile() {}

    /**
     * Reads a profile.
     *
     * @throws IllegalArgumentException in one line: what is wrong with the text, or which two facts contradict
     */
    public static VmxProfile read(String text) {
        JsonNode root = parse(text);
        root.fieldNames().forEachRemaining(key -> {
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("unknown key \"" + key + "\"; valid are " + String.join(", ", KEYS));
            }
        });
        String base = word(root, "base");
        VmxProfile real = VmxProfile.named().get(base);
        if (real == null) {
            throw new IllegalArgumentException(
                    "\"base\": \"" + base + "\" is not a processor with VMX; valid are " + VmxProfile.names());
        }
        Set<Feature> flags = EnumSet.copyOf(real.processor().features());
        Set<VmxFeature> features = new HashSet<>(real.features());
        for (String name : names(root, "add")) {
            change(name, flags, features, true);
        }
        List<Object> added = names(root, "add").stream().map(ProfileFile::meant).toList();
        for (String name : names(root, "remove")) {
            if (added.contains(meant(name))) {
                throw new IllegalArgumentException("\"" + name + "\" is added and removed");
            }
            change(name, flags, features, false);
        }
        CpuProfile processor = named(word(root, "name"), real.processor(), flags);
        VmxProfile made =
                new VmxProfile(processor, Set.copyOf(features), real.timerShift(), real.cr4Bits(), "a changed " + base);
        String contradiction = made.contradiction(real);
        if (contradiction != null) {
            throw new IllegalArgumentException("there is no such processor: " + contradiction);
        }
        return made;
    }

    private static JsonNode parse(String text) {
        try {
            ObjectMapper mapper = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
            JsonNode root = mapper.readTree(text);
            if (!root.isObject()) {
                throw new IllegalArgumentException("expected an object: { \"name\": ..., \"base\": ... }");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("line " + e.getLocation().getLineNr() + ": not JSON: "
                    + e.getOriginalMessage().lines().findFirst().orElse("unreadable"));
        }
    }

    private static String word(JsonNode root, String key) {
        JsonNode value = root.get(key);
        if (value == null || !value.isTextual() || value.textValue().isBlank()) {
            throw new IllegalArgumentException("\"" + key + "\" is missing: expected a name in quotes");
        }
        return value.textValue();
    }

    private static List<String> names(JsonNode root, String key) {
        JsonNode value = root.get(key);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray() || value.valueStream().anyMatch(name -> !name.isTextual())) {
            throw new IllegalArgumentException("\"" + key + "\": expected a list of feature names: [\"...\", \"...\"]");
        }
        return value.valueStream().map(JsonNode::textValue).toList();
    }

    /** The feature, or the feature flag, that a name means; else the name. */
    private static Object meant(String name) {
        VmxFeature feature = VmxFeature.named(name);
        Feature flag = flag(name);
        return feature != null ? feature : flag != null ? flag : name;
    }

    private static void change(String name, Set<Feature> flags, Set<VmxFeature> features, boolean add) {
        VmxFeature feature = VmxFeature.named(name);
        Feature flag = flag(name);
        if (feature == null && flag == null) {
            throw new IllegalArgumentException(
                    "\"" + name + "\" is no feature; see `thirdmode vmx features`, or the feature flags of CPUID");
        }
        if (feature != null) {
            if (add ? !features.add(feature) : !features.remove(feature)) {
                throw new IllegalArgumentException(
                        "\"" + name + "\" is " + (add ? "added, but there already" : "removed, but not there"));
            }
        } else if (add ? !flags.add(flag) : !flags.remove(flag)) {
            throw new IllegalArgumentException(
                    "\"" + name + "\" is " + (add ? "added, but there already" : "removed, but not there"));
        }
    }

    private static Feature flag(String name) {
        try {
            return Feature.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static CpuProfile named(String name, CpuProfile base, Set<Feature> flags) {
        return new CpuProfile(
                name,
                base.vendor(),
                base.family(),
                base.model(),
                base.stepping(),
                base.brand(),
                base.maximumBasicLeaf(),
                flags);
    }
}
