package dev.capstan.crds.training;

import dev.capstan.crds.Block;

/** Adds to each vector of a sequence one that is learnt and stands for its place. */
public class PositionsLayer extends Block {}
