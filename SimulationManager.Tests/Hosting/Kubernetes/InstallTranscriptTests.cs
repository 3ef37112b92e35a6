namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What a person sees of <c>deploy/install.sh</c> from the first line to the last: the files of the folder Transcripts.</summary>
[Trait("Length", "Long")]
public sealed class InstallTranscriptTests
{
    private const string Script = "deploy/install.sh";

    [Fact]
    public async Task Installation_and_removal()
    {
        using var cluster = new FakeCluster();

        await Transcripts.VerifyAsync("install", await cluster.ShowAsync(Script));
        await Transcripts.VerifyAsync("install-again", await cluster.ShowAsync(Script));
        await Transcripts.VerifyAsync("uninstall", await cluster.ShowAsync(Script, "--uninstall"), await cluster.ShowAsync(Script, "--uninstall --purge"));
    }

    [Fact]
    public async Task Dry_run()
    {
        using var cluster = new FakeCluster();

        await Transcripts.VerifyAsync("install-dry-run", await cluster.ShowAsync(Script, "--dry-run"));
    }

    [Fact]
    public async Task Nodes_without_our_images()
    {
        using var cluster = new FakeCluster();

        await Transcripts.VerifyAsync("install-without-images", await cluster.ShowAsync(Script, settings: ("FAKE_EMPTY_NODES", "1")));
    }

    [Fact]
    public async Task What_is_in_the_way()
    {
        using var bare = new FakeCluster();
        await bare.KubectlAsync($"apply -k {bare.PathOf("aspirate-output")}");
        using var full = new FakeCluster();
        using var other = await FakeCluster.InstalledAsync();

        await Transcripts.VerifyAsync(
            "install-refused",
            await bare.ShowAsync(Script),
            await full.ShowAsync(Script, settings: ("FAKE_NODES", "node-1\t\t\t1\t4Gi\nnode-2\ttrue\t\t4\t16Gi\n")),
            await other.ShowAsync(Script, "--overlay prod"),
            await ReleasedAsync(other),
            await full.ShowAsync(Script, settings: ("FAKE_TERMINATING", "robot")));
    }

    private static async Task<string> ReleasedAsync(FakeCluster cluster)
    {
        await cluster.KubectlAsync("delete namespace robot");
        return await cluster.ShowAsync(Script);
    }
}
