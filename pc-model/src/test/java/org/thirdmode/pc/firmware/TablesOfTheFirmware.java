package org.thirdmode.pc.firmware;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ACPI specification "Finding the RSDP on IA-PC Systems"; MultiProcessor Specification 1.4 "MP Floating Pointer Structure". */
final class TablesOfTheFirmware {
    private static final int ROM = 0xff000;

    private final ByteBuffer rom = ByteBuffer.wrap(StubFirmware.rom()).order(ByteOrder.LITTLE_ENDIAN);

    /** As an operating system searches: at each multiple of 16. */
    private int search(String signature) {
        for (int at = 0; at < rom.capacity(); at += 16) {
            if (text(at, signature.length()).equals(signature)) {
                return at;
            }
        }
        throw new AssertionError("no " + signature);
    }

    private String text(int at, int length) {
        byte[] bytes = new byte[length];
        rom.get(at, bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private int sum(int at, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += rom.get(at + i);
        }
        return sum & 0xff;
    }

    /** By signature: where in the ROM. */
    private Map<String, Integer> described() {
        int rsdp = search("RSD PTR ");
        int xsdt = (int) rom.getLong(rsdp + 24) - ROM;
        assertEquals("XSDT", text(xsdt, 4));
        Map<String, Integer> tables = new LinkedHashMap<>();
        tables.put("XSDT", xsdt);
        for (int at = xsdt + 36; at < xsdt + rom.getInt(xsdt + 4); at += 8) {
            int table = (int) rom.getLong(at) - ROM;
            tables.put(text(table, 4), table);
        }
        tables.put("DSDT", rom.getInt(tables.get("FACP") + 40) - ROM);
        return tables;
    }

    @Test
    void eachSumIsZero() {
        int rsdp = search("RSD PTR ");
        assertEquals(0, sum(rsdp, 20));
        assertEquals(0, sum(rsdp, 36));
        described().forEach((name, at) -> assertEquals(0, sum(at, rom.getInt(at + 4)), name));
        int mp = search("_MP_");
        assertEquals(0, sum(mp, 16));
        int table = rom.getInt(mp + 4) - ROM;
        assertEquals("PCMP", text(table, 4));
        assertEquals(0, sum(table, rom.getShort(table + 4)));
    }

    @Test
    void theRootOfAcpi1DescribesTheSameTables() {
        int rsdp = search("RSD PTR ");
        int rsdt = rom.getInt(rsdp + 16) - ROM;
        assertEquals("RSDT", text(rsdt, 4));
        Map<String, Integer> tables = described();
        assertEquals(tables.get("FACP") + ROM, rom.getInt(rsdt + 36));
        assertEquals(tables.get("APIC") + ROM, rom.getInt(rsdt + 40));
        assertEquals(44, rom.getInt(rsdt + 4));
    }

    @Test
    void theEntriesOfTheMadtFillIt() {
        int madt = described().get("APIC");
        int end = madt + rom.getInt(madt + 4);
        int at = madt + 44;
        while (at < end) {
            assertTrue(rom.get(at + 1) > 0, "an entry without length");
            at += rom.get(at + 1);
        }
        assertEquals(end, at);
    }

    @Test
    void theEntriesOfTheMpTableFillIt() {
        int table = rom.getInt(search("_MP_") + 4) - ROM;
        int at = table + 44;
        for (int entry = 0; entry < rom.getShort(table + 34); entry++) {
            at += rom.get(at) == 0 ? 20 : 8;
        }
        assertEquals(table + rom.getShort(table + 4), at);
    }

    @Test
    void theDsdtIsWhatIaslMakesOfItsSource(@TempDir Path folder) throws IOException, InterruptedException {
        boolean installed = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, "iasl")));
        assumeTrue(installed, "no iasl here (Debian: acpica-tools), so the DSDT is not compiled anew");
        Path source = folder.resolve("dsdt.asl");
        Files.copy(Path.of("src/main/acpi/dsdt.asl"), source);
        Process iasl = new ProcessBuilder("iasl", "dsdt.asl")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        assertEquals(0, iasl.waitFor(), () -> "iasl refuses " + source);
        byte[] compiled = Files.readAllBytes(folder.resolve("dsdt.aml"));
        byte[] ours = new byte[compiled.length];
        rom.get(described().get("DSDT"), ours);
        // The compiler's own version, and the sum over all.
        for (byte[] table : new byte[][] {compiled, ours}) {
            Arrays.fill(table, 9, 10, (byte) 0);
            Arrays.fill(table, 28, 36, (byte) 0);
        }
        assertArrayEquals(compiled, ours);
    }
}
