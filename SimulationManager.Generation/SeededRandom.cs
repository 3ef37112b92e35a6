namespace SimulationManager.Generation;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Own code instead of
/// <see cref="Random"/>, whose sequence may change with the runtime; recordings must not.
/// </summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A stream of its own for a purpose, so that one consumer more does not change the others.</summary>
    public static SeededRandom Stream(long seed, int purpose) =>
        new(new SeededRandom((ulong)seed).Next() + ((ulong)purpose * 0xD1B54A32D192ED03));

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Uniform(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>
    /// Bell-shaped with mean 0 and standard deviation 1, at most 2√3 away from 0: the sum of four uniform values, which
    /// needs no logarithm (the last bit of which differs between C libraries).
    /// </summary>
    public double Noise() => (Uniform() + Uniform() + Uniform() + Uniform() - 2) * 1.7320508075688772;

    public void Fill(Span<byte> target)
    {
        for (; target.Length >= sizeof(ulong); target = target[sizeof(ulong)..])
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(target, Next());
        foreach (ref var value in target)
            value = (byte)Next();
    }
}
