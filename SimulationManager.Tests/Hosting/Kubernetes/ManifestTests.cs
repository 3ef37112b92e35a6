using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The manifest that Aspire writes of the graph: <c>--operation publish --publisher manifest</c>.</summary>
public sealed class ManifestTests : IDisposable
{
    /// <summary>Made by the AppHost itself: <c>--operation publish --publisher manifest --output-path</c> this file.</summary>
    internal static readonly string Reference = Repository.PathOf("SimulationManager.Tests/Hosting/Kubernetes/aspire-manifest.reference.json");

    private readonly string _folder = Directory.CreateTempSubdirectory("simulationmanager-manifest-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Manifest_of_the_graph_is_the_one_that_other_tests_generate_from()
    {
        var fromHere = Path.GetRelativePath(_folder, Repository.Root);
        var fromThere = Path.GetRelativePath(Path.GetDirectoryName(Reference)!, Repository.Root);

        var manifest = await PublishAsync("manifest.json");

        Assert.Equal(await File.ReadAllTextAsync(Reference, TestContext.Current.CancellationToken), manifest.Replace(fromHere, fromThere, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Manifest_is_the_same_to_the_byte_when_published_twice()
    {
        Assert.Equal(await PublishAsync("first.json"), await PublishAsync("second.json"));
    }

    [Fact]
    public async Task Project_paths_are_relative_to_the_manifest()
    {
        var manifest = JsonNode.Parse(await PublishAsync("manifest.json"))!;

        var path = manifest["resources"]!["api"]!["path"]!.GetValue<string>();

        Assert.DoesNotContain('\\', path);
        Assert.True(File.Exists(Path.GetFullPath(path, _folder)), $"{path} does not lead from the manifest to the project.");
    }

    [Fact]
    public async Task Manifest_carries_no_secret_and_no_port_of_this_machine()
    {
        var text = await PublishAsync("manifest.json");

        Assert.DoesNotContain("localhost", text, StringComparison.Ordinal);
        Assert.DoesNotContain("minio-admin", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broker_that_is_turned_off_is_in_nothing() =>
        Assert.DoesNotContain("mqtt", await PublishAsync("manifest.json", "--Mqtt:Enabled=false"), StringComparison.OrdinalIgnoreCase);

    private async Task<string> PublishAsync(string name, params string[] settings)
    {
        var path = Path.Combine(_folder, name);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SimulationManager_AppHost>(
            ["--operation", "publish", "--publisher", "manifest", "--output-path", path, .. settings], TestContext.Current.CancellationToken);
        await using var app = await builder.BuildAsync(TestContext.Current.CancellationToken);
        await app.RunAsync(TestContext.Current.CancellationToken);
        return await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
    }
}
