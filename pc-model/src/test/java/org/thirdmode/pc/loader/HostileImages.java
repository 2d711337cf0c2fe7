package org.thirdmode.pc.loader;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.x86.memory.PhysicalMemory;

/** Whatever a file holds, it loads or it is refused in one line. */
final class HostileImages {
    private static final List<Image> SEEDS = List.of(
            Images.multibootElf(),
            Images.elf32(0x20_0000, new Images.Segment(0x20_0000, 0x20_0000, new byte[100], 0x3000)),
            Images.elf64(
                    0x20_0000,
                    new Images.Segment(0x20_0000, 0x20_0000, new byte[100], 0x3000),
                    new Images.Segment(0x30_0000, 0x30_0000, new byte[10], 10)),
            Images.elf64(0x10_000c, new Images.Segment(0x10_0000, 0x10_0000, Images.multibootHeader(3, 0xf4), 0x1000)),
            new Image(
                    "flat",
                    Images.join(
                            Images.multibootHeader(1 << 16, 0x20_0000, 0x20_0000, 0, 0x20_4000, 0x20_0020),
                            new byte[64])),
            Images.bootSector(1024));

    /** A change of a file: {@code count} bytes at {@code at} become those of {@code value}. */
    record Change(int at, int count, long value) {}

    @Provide
    Arbitrary<List<Change>> changes() {
        Arbitrary<Long> values = Arbitraries.oneOf(
                Arbitraries.longs(),
                Arbitraries.of(0L, 1L, -1L, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, Long.MIN_VALUE, Long.MAX_VALUE),
                Arbitraries.longs().between(0, 0x2000_0000));
        Arbitrary<Integer> offsets = Arbitraries.oneOf(
                Arbitraries.integers().between(0, 130), Arbitraries.integers().between(0, 600));
        return net.jqwik.api.Combinators.combine(offsets, Arbitraries.of(1, 2, 4, 8), values)
                .as(Change::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
    }

    @Provide
    Arbitrary<Image> seeds() {
        return Arbitraries.of(SEEDS);
    }

    @Property(tries = 4000)
    void aChangedImageLoadsOrIsRefusedInOneLine(
            @ForAll("seeds") Image seed, @ForAll("changes") List<Change> changes, @ForAll ImageKind kind) {
        byte[] bytes = seed.bytes().clone();
        for (Change change : changes) {
            for (int i = 0; i < change.count && change.at + i < bytes.length; i++) {
                bytes[change.at + i] = (byte) (change.value >>> (i * 8));
            }
        }
        loadsOrIsRefused(new Image("image", bytes), LoadOptions.DEFAULT);
        loadsOrIsRefused(new Image("image", bytes), LoadOptions.DEFAULT.withKind(kind));
    }

    @Property(tries = 1000)
    void aTruncatedImageLoadsOrIsRefusedInOneLine(
            @ForAll("seeds") Image seed, @ForAll double part, @ForAll ImageKind kind) {
        int length = (int) (Math.abs(part) % 1 * seed.bytes().length);
        Image image = new Image("image", Arrays.copyOf(seed.bytes(), length));
        loadsOrIsRefused(image, LoadOptions.DEFAULT);
        loadsOrIsRefused(image, LoadOptions.DEFAULT.withKind(kind));
    }

    @Property(tries = 1000)
    void randomBytesLoadOrAreRefusedInOneLine(@ForAll byte[] bytes, @ForAll ImageKind kind, @ForAll long address) {
        loadsOrIsRefused(new Image("image", bytes), LoadOptions.DEFAULT.withKind(kind));
        loadsOrIsRefused(new Image("image", bytes), LoadOptions.DEFAULT.withRawAddress(address));
    }

    private static void loadsOrIsRefused(Image image, LoadOptions options) {
        MemoryLayout layout = new MemoryLayout(16 << 20);
        PhysicalMemory memory = new PhysicalMemory(36);
        layout.map(memory);
        try {
            ImageLoader.load(image, options, layout, memory);
        } catch (ImageException refused) {
            LoaderBench.isOneLine(refused.getMessage());
        }
    }
}
