package org.thirdmode.pc.snapshot;

import com.google.common.collect.Sets;
import java.util.EnumSet;
import java.util.Set;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.snapshot.StatePort;

/** A processor in a state file: all that its CPUID says, so that it is the same in a later version of this program. */
public final class SavedProfile {
    private SavedProfile() {}

    /** Passes a profile through {@code port}, as the part {@code name}; what comes out is this one, or the one that was written. */
    public static CpuProfile through(StatePort port, String name, CpuProfile profile) {
        CpuProfile[] out = {profile};
        port.part(name, fields -> out[0] = fields(fields, profile));
        return out[0];
    }

    private static CpuProfile fields(StatePort port, CpuProfile profile) {
        String name = port.text("name", profile.name());
        CpuProfile.Vendor vendor = port.choice("vendor", profile.vendor());
        int family = port.number("family", profile.family());
        int model = port.number("model", profile.model());
        int stepping = port.number("stepping", profile.stepping());
        String brand = port.text("brand", profile.brand());
        int leaf = port.number("maximum basic leaf", profile.maximumBasicLeaf());
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        for (Feature feature : Feature.values()) {
            if (port.flag(feature.name(), profile.has(feature))) {
                features.add(feature);
            }
        }
        return new CpuProfile(name, vendor, family, model, stepping, brand, leaf, Sets.immutableEnumSet(features));
    }
}
