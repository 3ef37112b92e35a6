namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The shell scripts are checked like any other source.</summary>
public sealed class ShellScriptTests
{
    [Fact]
    public async Task Scripts_pass_shellcheck()
    {
        if (!ChildProcess.IsOnPath("shellcheck")) Assert.Skip("shellcheck is not installed.");
        string[] scripts =
        [
            .. Directory.EnumerateFiles(Repository.PathOf("deploy"), "*.sh"),
            Path.Combine(FakeCluster.Tools, "tool"),
        ];

        var result = await ChildProcess.RunAsync("shellcheck", ["-x", "--source-path=SCRIPTDIR", .. scripts]);

        Assert.True(result.ExitCode == 0, result.Output);
    }
}
