using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;

namespace SimulationManager.Tests.AppHost;

/// <summary>What the AppHost publishes, against what the official libraries write for the same graph.</summary>
public sealed partial class ManifestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("simulationmanager-manifest-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Manifest_has_the_content_that_the_official_libraries_write()
    {
        var reference = JsonNode.Parse(await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "Data", "aspire", "aspire-manifest.reference.json"), TestContext.Current.CancellationToken))!;

        var manifest = JsonNode.Parse(await PublishAsync("manifest.json"))!;

        Assert.Equal(Comparable(reference), Comparable(manifest));
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

    private async Task<string> PublishAsync(string name)
    {
        var path = Path.Combine(_folder, name);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SimulationManager_AppHost>(
            ["--operation", "publish", "--publisher", "manifest", "--output-path", path], TestContext.Current.CancellationToken);
        await using var app = await builder.BuildAsync(TestContext.Current.CancellationToken);
        await app.RunAsync(TestContext.Current.CancellationToken);
        return await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
    }

    // The order of members, the volumes' names and the projects' paths are all that may differ.
    private static string Comparable(JsonNode node) => ProjectPath().Replace(VolumePrefix().Replace(Sorted(node).ToJsonString(), "\"VOLUME-"), "\"path\":\"PROJECT\"");

    private static JsonNode Sorted(JsonNode node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, member.Value is null ? null : (JsonNode?)Sorted(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(item => item is null ? null : Sorted(item))]),
        _ => node.DeepClone(),
    };

    [GeneratedRegex("\"[a-z.]*apphost-[0-9a-f]{10}-")]
    private static partial Regex VolumePrefix();

    [GeneratedRegex("\"path\":\"[^\"]*\"")]
    private static partial Regex ProjectPath();
}
