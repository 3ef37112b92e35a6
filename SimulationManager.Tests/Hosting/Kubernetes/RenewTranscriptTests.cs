namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What a person reads while <c>deploy/server-renew.sh</c> runs: <c>Transcripts/renew-*.txt</c>.</summary>
[Trait("Length", "Long")]
public sealed class RenewTranscriptTests
{
    private const string Script = "deploy/server-renew.sh";
    private const string Installed = "1.2.3";

    [Fact]
    public async Task Renewal_that_comes_up()
    {
        using var cluster = await FakeCluster.InstalledAsync(Installed);
        await Transcripts.VerifyAsync("renew-good", await cluster.ShowAsync(Script, "--load kind"));
    }

    [Fact]
    public async Task Renewal_that_crashes()
    {
        using var cluster = await FakeCluster.InstalledAsync(Installed);
        await Transcripts.VerifyAsync("renew-crashing", await cluster.ShowAsync(Script, "--load kind --timeout 2", ("FAKE_CRASHING", "1.2.4@api")));
    }

    [Fact]
    public async Task Renewal_that_crashes_is_asked_for_again_and_then_mended()
    {
        using var cluster = await FakeCluster.InstalledAsync(Installed);
        await Transcripts.VerifyAsync(
            "renew-twice",
            await cluster.ShowAsync(Script, "--load kind --timeout 2", ("FAKE_CRASHING", "1.2.4@worker")),
            await cluster.ShowAsync(Script, "--load kind --version 1.2.4"),
            await cluster.ShowAsync(Script, "--load kind"));
    }

    [Fact]
    public async Task Renewal_with_options_of_an_environment_with_settings()
    {
        using var cluster = new FakeCluster();
        await File.WriteAllTextAsync(cluster.PathOf("deploy/environments/berlin.json"), """{"overlay":"dev","registry":"registry.example.org:5000/team","storageClass":"fast"}""", TestContext.Current.CancellationToken);
        cluster.SetVersion(Installed);
        await cluster.RunAsync("deploy/install.sh", "--overlay berlin --build --builder podman", ("FAKE_DEFAULT_CLASS", "fast"));
        await Transcripts.VerifyAsync(
            "renew-options",
            await cluster.ShowAsync(Script, "--overlay berlin --part minor --builder podman --base mirror.example.org/aspnet:10.0 --context berlin --timeout 60 --logs"));
    }

    [Fact]
    public async Task Renewal_that_is_only_shown()
    {
        using var cluster = await FakeCluster.InstalledAsync(Installed);
        await Transcripts.VerifyAsync("renew-dry-run", await cluster.ShowAsync(Script, "--load kind --dry-run"));
    }
}
