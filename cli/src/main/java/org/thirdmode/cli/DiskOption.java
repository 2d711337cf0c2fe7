package org.thirdmode.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.disk.DiskInterface;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code FILE[,format=raw|qcow2][,if=ide|virtio][,snapshot]}; a comma of the file's own name is written twice, as with QEMU. */
final class DiskOption implements ITypeConverter<DiskFile> {
    private static final String FORMAT = "format=";
    private static final String INTERFACE = "if=";

    @Override
    public DiskFile convert(String text) {
        StringBuilder name = new StringBuilder();
        int at = 0;
        while (at < text.length() && (text.charAt(at) != ',' || text.startsWith(",,", at))) {
            name.append(text.charAt(at));
            at += text.charAt(at) == ',' ? 2 : 1;
        }
        if (name.isEmpty()) {
            throw new TypeConversionException(
                    "'" + text + "' names no file; expected FILE[,format=raw|qcow2][,if=ide|virtio][,snapshot]");
        }
        Optional<DiskFormat> format = Optional.empty();
        DiskInterface attached = DiskInterface.IDE;
        boolean snapshot = false;
        for (String word : at < text.length() ? text.substring(at + 1).split(",", -1) : new String[0]) {
            if (word.equals("snapshot")) {
                snapshot = true;
            } else if (word.startsWith(FORMAT)) {
                format = Optional.of(format(word.substring(FORMAT.length())));
            } else if (word.startsWith(INTERFACE)) {
                attached = attached(word.substring(INTERFACE.length()));
            } else {
                throw new TypeConversionException(
                        "'," + word
                                + "' is unknown; valid are ,format=raw ,format=qcow2 ,if=ide ,if=virtio ,snapshot, and ,, for a comma in the name");
            }
        }
        return new DiskFile(Path.of(name.toString()), format, attached, snapshot);
    }

    private static DiskInterface attached(String word) {
        for (DiskInterface attached : DiskInterface.values()) {
            if (attached.word().equals(word)) {
                return attached;
            }
        }
        throw new TypeConversionException("if=" + word + " is unknown; valid are if=ide, if=virtio");
    }

    private static DiskFormat format(String word) {
        for (DiskFormat format : DiskFormat.values()) {
            if (format.word().equals(word)) {
                return format;
            }
        }
        throw new TypeConversionException("format '" + word + "' is unknown; valid are raw, qcow2");
    }
}
