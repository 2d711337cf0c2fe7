package org.thirdmode.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.Test;

/** HotSpot never compiles a method of 8,000 bytecodes or more (-XX:-DontCompileHugeMethods): it is 13 to 17 times slower. */
class MethodSize {
    private static final int NEVER_COMPILED = 8000;

    /** Room for the next hot form, so that the run loop does not cross the line by surprise. */
    private static final int RUN_LOOP = 7500;

    private static final String EXECUTION = "org/thirdmode/x86/exec/";

    @Test
    void everyMethodIsSmallEnoughForTheJvmToCompile() throws IOException {
        List<String> huge = new ArrayList<>();
        int[] methods = {0};
        forEachMethod((name, bytes) -> {
            methods[0]++;
            if (bytes >= NEVER_COMPILED && !name.endsWith(".<clinit>")) {
                huge.add(name + ": " + bytes);
            }
        });
        assertTrue(methods[0] > 100, "methods looked at: " + methods[0]);
        assertEquals(List.of(), huge, "methods of 8,000 bytecodes or more");
    }

    @Test
    void theRunLoopLeavesRoomBelowTheLine() throws IOException {
        List<String> large = new ArrayList<>();
        forEachMethod((name, bytes) -> {
            if (name.startsWith(EXECUTION) && name.contains("RunLoop") && bytes > RUN_LOOP) {
                large.add(name + ": " + bytes);
            }
        });
        assertEquals(List.of(), large, "methods of the run loop above 7,500 bytecodes");
    }

    private static void forEachMethod(ObjIntConsumer<String> action) throws IOException {
        for (Path file : ProjectClasses.files()) {
            ClassModel model = ClassFile.of().parse(file);
            for (MethodModel method : model.methods()) {
                int bytes = method.code()
                        .map(code -> ((CodeAttribute) code).codeLength())
                        .orElse(0);
                action.accept(
                        model.thisClass().asInternalName() + "."
                                + method.methodName().stringValue(),
                        bytes);
            }
        }
    }
}
