
namespace SimulationManager.Tests.Api.Coverage;

/// <summary>A file that is committed although it is made of the code: it must be what the code says now.</summary>
internal static class GeneratedFile
{
    /// <summary>Set to 1, tests write such files instead of comparing them.</summary>
    private const string Update = "UPDATE_GENERATED_FILES";

    public static async Task AgreeAsync(string path, string expected)
    {
        var file = Path.Combine(Repository.Root, path);
        var cancellationToken = TestContext.Current.CancellationToken;
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, expected, cancellationToken);
        }

        var committed = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : "";
        var same = committed.ReplaceLineEndings("\n") == expected.ReplaceLineEndings("\n");
        Assert.True(same, $"{path} is not what the code says now. Run: {Update}=1 dotnet test SimulationManager.Tests --filter {TestContext.Current.TestClass?.TestClassName}");
    }
}
