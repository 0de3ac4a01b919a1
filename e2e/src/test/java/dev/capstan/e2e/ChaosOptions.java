package dev.capstan.e2e;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * What random faults are asked for.
 *
 * @param seed of the faults' kinds, moments and ranks
 * @param kills how many faults
 * @param kinds that there may be
 * @param spares of the job
 */
record ChaosOptions(long seed, int kills, ChaosModel model, List<Fault.Kind> kinds, int spares) {
    static ChaosOptions of(String... arguments) {
        long seed = new Random().nextInt(1_000_000);
        int kills = 20;
        var model = ChaosModel.MLP;
        var kinds = new ArrayList<>(List.of(Fault.Kind.values()));
        int spares = 0;
        for (int i = 0; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(arguments[i] + " needs a value");
            }
            var value = arguments[i + 1];
            switch (arguments[i]) {
                case "--seed" -> seed = Long.parseLong(value);
                case "--kills" -> kills = Integer.parseInt(value);
                case "--model" -> model = ChaosModel.of(value);
                case "--faults" ->
                    kinds = Arrays.stream(value.split(","))
                            .map(Fault.Kind::of)
                            .collect(Collectors.toCollection(ArrayList::new));
                case "--spares" -> spares = Integer.parseInt(value);
                default -> throw new IllegalArgumentException(arguments[i] + " is no option");
            }
        }
        if (kills < 1 || kills > 200) {
            throw new IllegalArgumentException("--kills " + kills + " must be from 1 to 200");
        }
        if (spares < 0 || spares > 5) {
            throw new IllegalArgumentException("--spares " + spares + " must be from 0 to 5");
        }
        if (spares == 0) {
            kinds.remove(Fault.Kind.SPARE);
        }
        if (kinds.isEmpty()) {
            throw new IllegalArgumentException("--faults spare needs --spares 1");
        }
        return new ChaosOptions(seed, kills, model, List.copyOf(kinds), spares);
    }
}
