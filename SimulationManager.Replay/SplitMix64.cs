namespace SimulationManager.Replay;

/// <summary>SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).</summary>
internal static class SplitMix64
{
    /// <summary>What the state grows by from one number to the next.</summary>
    public const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>The finaliser, with the constants of Stafford's variant 13.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
