package org.thirdmode.lab.sweep;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.DataFile;

/**
 * One question asked at many points.
 *
 * @param title the question
 * @param sample which points
 * @param budget the most ticks of guest time that a run may take
 * @param axes what is given, in the order of {@link Parameters#list}
 */
public record Study(String title, Sample sample, long budget, List<Axis> axes) {
    /** Which points are looked at. */
    public sealed interface Sample {}

    /** Every combination of values. */
    public record Grid() implements Sample {}

    /** As many combinations, drawn at random. */
    public record Random(long points, long seed) implements Sample {}

    public Study {
        axes = List.copyOf(axes);
    }

    /**
     * Reads a study.
     *
     * @throws DataException where it cannot be read or has a mistake, in one line
     */
    public static Study read(Path file) throws DataException {
        return StudyReader.read(DataFile.read(file));
    }

    /** The axis of a parameter, where it is given. */
    public Optional<Axis> axis(Parameter parameter) {
        return axes.stream().filter(axis -> axis.parameter().equals(parameter)).findFirst();
    }
}
