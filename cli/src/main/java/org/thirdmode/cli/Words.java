package org.thirdmode.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.thirdmode.kvm.HostKernel;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.lab.trace.TraceFormat;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Values that are one word of a short list. */
final class Words {
    private Words() {}

    private static <E extends Enum<E>> E one(E[] valid, String text) {
        for (E value : valid) {
            if (word(value).equals(text)) {
                return value;
            }
        }
        String list = Stream.of(valid).map(Words::word).collect(Collectors.joining(", "));
        throw new TypeConversionException("'" + text + "' is unknown; valid are " + list);
    }

    /** The value as the user writes it. */
    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    static final class ToPlatform implements ITypeConverter<Platform> {
        @Override
        public Platform convert(String text) {
            return one(Platform.values(), text);
        }
    }

    static final class ToVirt implements ITypeConverter<Virt> {
        @Override
        public Virt convert(String text) {
            return one(Virt.values(), text);
        }
    }

    static final class ToIrqchip implements ITypeConverter<Irqchip> {
        @Override
        public Irqchip convert(String text) {
            return one(Irqchip.values(), text);
        }
    }

    static final class ToMmu implements ITypeConverter<MmuKind> {
        @Override
        public MmuKind convert(String text) {
            return one(MmuKind.values(), text);
        }
    }

    static final class ToFuzzedMmu implements ITypeConverter<FuzzCommand.FuzzedMmu> {
        @Override
        public FuzzCommand.FuzzedMmu convert(String text) {
            return one(FuzzCommand.FuzzedMmu.values(), text);
        }
    }

    static final class ToHostPages implements ITypeConverter<HostPageSize> {
        @Override
        public HostPageSize convert(String text) {
            for (HostPageSize size : HostPageSize.values()) {
                if (size.word.equals(text)) {
                    return size;
                }
            }
            throw new TypeConversionException("'" + text + "' is unknown; valid are 4k, 2m, 1g");
        }
    }

    static final class ToHostKernel implements ITypeConverter<HostKernel> {
        @Override
        public HostKernel convert(String text) {
            for (HostKernel kernel : HostKernel.values()) {
                if (kernel.word.equals(text)) {
                    return kernel;
                }
            }
            throw new TypeConversionException("'" + text + "' is unknown; valid are x86_64, i386, i386-pae");
        }
    }

    static final class ToHostCpu implements ITypeConverter<CpuProfile> {
        @Override
        public CpuProfile convert(String text) {
            List<String> hosts = CpuProfile.named().values().stream()
                    .filter(profile -> profile.has(Feature.VMX) || profile.has(Feature.SVM))
                    .map(CpuProfile::name)
                    .toList();
            if (!hosts.contains(text)) {
                throw new TypeConversionException(
                        "'" + text + "' is no processor with VMX or SVM; valid are " + String.join(", ", hosts));
            }
            return CpuProfile.named().get(text);
        }
    }

    static final class ToTraceFormat implements ITypeConverter<TraceFormat> {
        @Override
        public TraceFormat convert(String text) {
            return one(TraceFormat.values(), text);
        }
    }

    static final class ToFidelity implements ITypeConverter<Fidelity> {
        @Override
        public Fidelity convert(String text) {
            return one(Fidelity.values(), text);
        }
    }
}
