package org.thirdmode.x86.exec;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.thirdmode.x86.decode.Instruction;

/**
 * Makes a {@link Region} of decoded instructions: one method, with the guest's registers and flags in local variables, its
 * branches as branches. The JVM then compiles it as it does any method.
 *
 * <pre>
 *   load the registers that the region uses, the flags, the budget
 *   block:  is less left of the budget than the block has instructions?     leave at its first
 *           the instructions; at one that is more than its form can do:      leave at it, and give back the rest of the block
 *   misses: accesses to memory that are no hit of the software TLB, and back
 *   leave:  store what may have changed; return where to go on
 * </pre>
 */
final class RegionCompiler {
    /** The JVM compiles no method of 8,000 bytecodes or more. */
    private static final int MOST_BYTECODES = 7_900;

    private static final ClassDesc REGION = ClassDesc.of("org.thirdmode.x86.exec.Region");
    private static final ClassDesc CODE = ClassDesc.of("org.thirdmode.x86.exec.RegionCode");
    private static final ClassDesc PROCESSOR = ClassDesc.of("org.thirdmode.x86.exec.Processor");
    private static final ClassDesc ENTRY = ClassDesc.of("org.thirdmode.x86.paging.TlbEntry");
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_int, PROCESSOR, ENTRY.arrayType());

    private final NavigableMap<Integer, Instruction> body;
    private final int head;
    private final List<Instruction> rare = new ArrayList<>();

    private RegionCompiler(NavigableMap<Integer, Instruction> body, int head) {
        this.body = body;
        this.head = head;
    }

    /**
     * A region of these instructions.
     *
     * @param body by offset in their page, each of which {@link RegionForms#known} knows
     * @param head the offset of the one at which it begins
     * @return null where it would become too large for the JVM
     */
    static Region compile(NavigableMap<Integer, Instruction> body, int head) {
        RegionCompiler compiler = new RegionCompiler(body, head);
        byte[] bytes = ClassFile.of().build(CODE, type -> {
            type.withSuperclass(REGION);
            type.withMethodBody(
                    ConstantDescs.INIT_NAME,
                    ConstantDescs.MTD_void,
                    0,
                    code -> code.aload(0)
                            .invokespecial(REGION, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                            .return_());
            type.withMethodBody("run", RUN, 0, code -> {
                compiler.rare.clear();
                compiler.write(code);
            });
        });
        if (bytecodes(bytes) > MOST_BYTECODES) {
            return null;
        }
        try {
            Region region = (Region) MethodHandles.lookup()
                    .defineHiddenClass(bytes, true)
                    .lookupClass()
                    .getDeclaredConstructor()
                    .newInstance();
            region.rare = compiler.rare.toArray(Instruction[]::new);
            body.keySet().forEach(region.body::set);
            region.from = body.firstKey();
            region.to = body.lastEntry().getValue().end;
            return region;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a region that the JVM does not take", e);
        }
    }

    /** The length of the longest method of a class. */
    private static int bytecodes(byte[] type) {
        return ClassFile.of().parse(type).methods().stream()
                .flatMap(method -> method.findAttribute(Attributes.code()).stream())
                .mapToInt(CodeAttribute::codeLength)
                .max()
                .orElse(0);
    }

    private void write(CodeBuilder code) {
        RegionInstructions out = new RegionInstructions(code, body, rare);
        Map<Integer, Integer> blocks = blocks();
        out.enter(head);
        for (Map.Entry<Integer, Integer> block : blocks.entrySet()) {
            int left = block.getValue();
            int offset = block.getKey();
            out.beginBlock(offset, left);
            Instruction i = null;
            while (left > 0) {
                i = body.get(offset);
                out.instruction(i, left);
                offset = i.end;
                left--;
            }
            if (RegionForms.fallsThrough(i)) {
                out.goTo(offset);
            }
        }
        out.leave();
    }

    /** The first instruction of each block, and how many it has. */
    private Map<Integer, Integer> blocks() {
        TreeMap<Integer, Integer> blocks = new TreeMap<>();
        blocks.put(head, 0);
        for (Instruction i : body.values()) {
            if (RegionForms.branches(i)) {
                for (int to : new int[] {i.target, i.end}) {
                    if (body.containsKey(to)) {
                        blocks.put(to, 0);
                    }
                }
            }
        }
        for (Integer first : List.copyOf(blocks.keySet())) {
            int count = 0;
            int offset = first;
            while (body.containsKey(offset) && (count == 0 || !blocks.containsKey(offset))) {
                Instruction i = body.get(offset);
                count++;
                offset = i.end;
                if (RegionForms.branches(i)) {
                    break;
                }
            }
            blocks.put(first, count);
        }
        return blocks;
    }
}
