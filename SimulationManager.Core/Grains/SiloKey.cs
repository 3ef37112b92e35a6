namespace SimulationManager.Core.Grains;

/// <summary>Grain keys that end in the address of the one silo on which the grain lives: <c>&lt;name&gt;~&lt;silo&gt;</c>.</summary>
public static class SiloKey
{
    private const char Separator = '~';

    /// <summary>The key of a grain.</summary>
    /// <param name="name">What the grain is.</param>
    /// <param name="silo">The silo, in Orleans' parsable form.</param>
    public static string Of(string name, string silo) => $"{name}{Separator}{silo}";

    /// <summary>Reads the silo from a key.</summary>
    /// <exception cref="FormatException">The key names none.</exception>
    public static SiloAddress SiloOf(string key)
    {
        var at = key.LastIndexOf(Separator);
        return at < 0 ? throw new FormatException($"The grain key '{key}' names no silo.") : SiloAddress.FromParsableString(key[(at + 1)..]);
    }
}
