package org.thirdmode.lab.walk;

import java.util.List;

/**
 * A translation, stage by stage.
 *
 * @param access what is translated, in words
 */
public record ExplainedWalk(String access, List<Stage> stages) {
    /** Whether some stage has no translation. */
    public boolean fails() {
        return stages.stream().anyMatch(Stage::fails);
    }

    /**
     * One set of tables.
     *
     * @param title whose they are
     * @param references the entries that are read, in order
     * @param end what comes of it
     * @param fails whether that is no translation
     */
    public record Stage(String title, List<Reference> references, String end, boolean fails) {}

    /**
     * An entry that is read.
     *
     * @param structure the table that it stands in
     * @param address where it stands, in the address space of the stage
     * @param entry its value before the walk set any flag in it
     * @param words its fields
     * @param fails whether the walk ends here without a translation
     */
    public record Reference(String structure, long address, long entry, String words, boolean fails) {}
}
