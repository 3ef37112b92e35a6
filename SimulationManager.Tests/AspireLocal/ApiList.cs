using System.Text.RegularExpressions;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>The signatures in <c>aspire-api.md</c>, by assembly.</summary>
internal static partial class ApiList
{
    public static ILookup<string, string> Read()
    {
        var signatures = new List<(string Assembly, string Signature)>();
        var (assembly, isListing) = ("", false);
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "aspire", "aspire-api.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                assembly = line[3..].Split(' ')[0];
            else if (line.StartsWith("```", StringComparison.Ordinal))
                isListing = !isListing;
            else if (isListing && line.Contains('(', StringComparison.Ordinal))
                signatures.Add((assembly, Normalize(line)));
        }
        return signatures.ToLookup(entry => entry.Assembly, entry => entry.Signature);
    }

    /// <summary>Without namespaces, which the list gives only in part.</summary>
    public static string Normalize(string signature) => Spaces().Replace(Qualifier().Replace(signature.Trim(), ""), " ");

    [GeneratedRegex(@"(?:\b[A-Za-z_]\w*\.)+(?=[A-Za-z_])")]
    private static partial Regex Qualifier();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
