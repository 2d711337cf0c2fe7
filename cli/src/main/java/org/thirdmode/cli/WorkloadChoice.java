package org.thirdmode.cli;

import java.util.stream.Collectors;
import org.thirdmode.guests.Workload;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The workload of {@code --workload}: its name, and after a space parameters of the user's own. */
final class WorkloadChoice {
    private WorkloadChoice() {}

    static String checked(CommandLine command, String workload) {
        if (Workload.find(workload.split(" ", 2)[0]).isEmpty()) {
            throw new ParameterException(
                    command,
                    "--workload " + workload + ": is unknown; valid are "
                            + Workload.all().stream().map(Workload::name).collect(Collectors.joining(", ")));
        }
        return workload;
    }
}
