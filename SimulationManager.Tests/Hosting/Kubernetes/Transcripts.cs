using System.Text.RegularExpressions;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// Whole outputs of the scripts, kept as text so that a person can read whether they read well. After an intended change,
/// <c>TRANSCRIPTS=update</c> in the environment of the tests writes what the scripts say now: read the difference before you commit it.
/// </summary>
internal static partial class Transcripts
{
    public static async Task VerifyAsync(string name, params string[] parts)
    {
        var file = Repository.PathOf($"SimulationManager.Tests/Hosting/Kubernetes/Transcripts/{name}.txt");
        var said = string.Join('\n', parts.Select(Constant));
        if (Environment.GetEnvironmentVariable("TRANSCRIPTS") == "update") await File.WriteAllTextAsync(file, said, TestContext.Current.CancellationToken);
        Assert.True(File.Exists(file), $"There is no transcript '{file}': run the tests with TRANSCRIPTS=update.");
        Assert.Equal(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), said);
    }

    /// <summary>What differs from run to run, or with every change of the manifests, is replaced.</summary>
    private static string Constant(string said) =>
        Password().Replace(JobHash().Replace(ContentHash().Replace(said, "$1-HASH"), "$1-HASH"), "$1PASSWORD");

    [GeneratedRegex("((?:env|files))-[0-9a-z]{10}\\b")]
    private static partial Regex ContentHash();

    [GeneratedRegex("(host-folders|migration-[0-9-]+)-[0-9a-f]{8}\\b")]
    private static partial Regex JobHash();

    [GeneratedRegex("(First password: )\\S+")]
    private static partial Regex Password();
}
