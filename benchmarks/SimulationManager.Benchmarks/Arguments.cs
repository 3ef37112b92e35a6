using System.Globalization;

namespace SimulationManager.Benchmarks;

/// <summary>What follows a command's name.</summary>
internal static class Arguments
{
    /// <summary>The whole number at a place, or another one when there is none.</summary>
    /// <exception cref="FormatException">It is no whole number.</exception>
    public static int Number(string[] args, int index, int otherwise) =>
        index < args.Length ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
}
