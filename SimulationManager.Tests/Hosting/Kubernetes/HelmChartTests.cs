using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Helm;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The Helm chart: what <c>helm template</c> makes of it is what <c>kubectl kustomize</c> makes of the overlay with the same settings.</summary>
public sealed partial class HelmChartTests : IDisposable
{
    private static readonly string _chart = Repository.PathOf(HelmChart.DefaultFolder);

    private readonly string _folder = Directory.CreateTempSubdirectory("chart-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Committed_chart_is_what_the_manifest_file_gives() =>
        Assert.Empty(HelmChart.Generate(AspireManifest.Parse(File.ReadAllText(ManifestTests.Reference)), CurrentSettings).Drift(_chart));

    [Theory]
    [InlineData("dev")]
    [InlineData("prod")]
    [InlineData("prod-minio")]
    public async Task Chart_gives_the_objects_of_a_shipped_environment(string name) =>
        await AssertSameAsync(await File.ReadAllTextAsync(Repository.PathOf($"{EnvironmentFile.DefaultFolder}/{name}.json"), TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("""{"overlay":"dev","registry":"registry.example.org:5000/team","storageClass":"fast","images":{"postgres":"mirror.example.org/postgres:17.7","worker":"mirror.example.org/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}""")]
    [InlineData("""{"overlay":"prod","registry":"registry.example.org","host":"robots.example.org","knownProxies":["192.0.2.0/24","2001:db8::/32"]}""")]
    [InlineData("""{"overlay":"prod-minio","registry":"localhost:5000","storageClass":"fast.example.org","host":"robots.example.org","knownProxies":["192.0.2.0/24"],"images":{"minio":"mirror.example.org/minio:RELEASE.2026-01-01T00-00-00Z","api":"mirror.example.org/api:7"}}""")]
    [InlineData("""{"overlay":"prod"}""")]
    public async Task Chart_gives_the_objects_of_an_environment_with_settings_of_its_own(string environment) => await AssertSameAsync(environment);

    [Theory]
    [InlineData("""{"overlay":"dev","storage-class":"fast"}""", "storage-class")]
    [InlineData("""{"overlay":"dev","registry":["a"]}""", "/registry")]
    [InlineData("""{"overlay":"dev","registry":"https://registry.example.org"}""", "/registry")]
    [InlineData("""{"overlay":"dev","images":"postgres:1"}""", "/images")]
    [InlineData("""{"overlay":"dev","images":{"postgres":17}}""", "/images/postgres")]
    [InlineData("""{"overlay":"dev","images":{"postgres":"postgres:latest"}}""", "/images/postgres")]
    [InlineData("""{"overlay":"prod","images":{"postgres":"postgres:17.7"}}""", "invalid propertyName 'postgres'")]
    [InlineData("""{"overlay":"prod","knownProxies":"10.0.0.0/8"}""", "/knownProxies")]
    [InlineData("""{"overlay":"prod","storageClass":"fast"}""", "/storageClass")]
    [InlineData("""{"overlay":"dev","host":"robots.example.org"}""", "/host")]
    [InlineData("""{"overlay":"prod","scaleByLoad":true}""", "/scaleByLoad")]
    [InlineData("""{"overlay":"staging"}""", "/overlay")]
    [InlineData("""{"registry":""}""", "overlay")]
    public async Task Values_that_are_not_an_environments_are_refused(string values, string place)
    {
        var result = await HelmAsync(values, "template");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("values don't meet the specifications of the schema", result.Errors, StringComparison.Ordinal);
        Assert.Contains(place, result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("prod")]
    [InlineData("prod-minio")]
    public async Task Chart_passes_helm_lint(string overlay)
    {
        var result = await HelmAsync($$"""{"overlay":"{{overlay}}"}""", "lint", "--strict");

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
    }

    /// <summary>As with kustomize, a changed setting restarts the pods that read it, and a changed job is another job.</summary>
    [Fact]
    public async Task Settings_and_jobs_are_named_by_their_content()
    {
        var first = Named(await ChartAsync("""{"overlay":"prod"}"""));
        var second = Named(await ChartAsync("""{"overlay":"prod","registry":"registry.example.org","knownProxies":["192.0.2.0/24"]}"""));

        Assert.Equal(["ConfigMap api-env", "Job migration"], first.Keys.Where(name => first[name] != second[name]).Order());
    }

    [Fact]
    public async Task Uninstalling_leaves_the_namespace_and_the_volumes() => Assert.Equal(
        ["Namespace robot", "Namespace robot-host-folders", "PersistentVolume minio-pv", "PersistentVolume postgres-pv", "PersistentVolume redis-pv"],
        (await ChartAsync("""{"overlay":"dev"}""")).Where(item => item.Metadata.Annotations?.TryGetValue("helm.sh/resource-policy", out var policy) == true && policy == "keep").Select(NameOf).Order());

    /// <summary>Helm refuses to install over objects that it did not make; those of the preparation are none of the chart's.</summary>
    [Fact]
    public async Task Preparation_makes_the_namespace_the_secrets_and_the_settings_and_nothing_else()
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync("deploy/install.sh", "--prepare");

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Equal(
            ["apply -k", "create configmap", "create secret", "create secret", "create secret"],
            cluster.Log.Where(line => line.Contains("kubectl apply", StringComparison.Ordinal) || line.Contains("kubectl create", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split(' ')[1..3])).Order());
        Assert.Contains(cluster.Log, line => line.EndsWith("stage=namespace,app.kubernetes.io/component=namespace", StringComparison.Ordinal));
        Assert.Contains("kubectl get configmap cluster-settings -n robot --ignore-not-found -o name", cluster.Log);
        Assert.Contains("-f deploy/environments/dev.json", result.Output, StringComparison.Ordinal);
    }

    private static ClusterSettings CurrentSettings => SystemSettings.Of(File.ReadAllText(Repository.PathOf(".version")).Trim());

    private async Task AssertSameAsync(string environment)
    {
        var chart = Normalised(await ChartAsync(environment));
        ManifestGeneration.Generate(AspireManifest.Parse(await File.ReadAllTextAsync(ManifestTests.Reference)), CurrentSettings, [EnvironmentFile.Parse("mine.json", environment)]).Write(_folder);

        var overlay = Normalised(Kustomize.Read(await Kustomize.BuildFolderAsync(Path.Combine(_folder, "overlays/mine"))));

        Assert.Equal(overlay.Keys, chart.Keys);
        Assert.All(overlay, item => Assert.Equal(item.Value, chart[item.Key]));
    }

    private async Task<List<IKubernetesObject<V1ObjectMeta>>> ChartAsync(string environment)
    {
        var result = await HelmAsync(environment, "template");
        Assert.True(result.ExitCode == 0, result.Errors);
        return Kustomize.Read(result.Output);
    }

    private async Task<Finished> HelmAsync(string values, string verb, params string[] options)
    {
        if (!ChildProcess.IsOnPath("helm")) Assert.Skip("helm is not installed: the chart cannot be rendered.");
        var file = Path.Combine(Directory.CreateTempSubdirectory("values-").FullName, "values.json");
        await File.WriteAllTextAsync(file, values);
        string[] arguments = verb == "template" ? ["template", "simulation-manager", _chart] : [verb, _chart];
        var result = await ChildProcess.RunAsync("helm", [.. arguments, "-f", file, .. options], environment: null);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        return result;
    }

    /// <summary>Objects by name, as JSON without the hashes of names and without what only Helm reads.</summary>
    private static SortedDictionary<string, string> Normalised(List<IKubernetesObject<V1ObjectMeta>> objects)
    {
        var names = objects.Where(item => item is V1ConfigMap or V1Job).ToDictionary(item => item.Metadata.Name, NameWithoutHash);
        var normalised = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in objects)
        {
            item.Metadata.Annotations?.Remove("helm.sh/resource-policy");
            if (item.Metadata.Annotations is { Count: 0 }) item.Metadata.Annotations = null;
            var json = Sorted(JsonNode.Parse(KubernetesJson.Serialize(item))!, names)!;
            normalised.Add($"{item.Kind} {item.Metadata.NamespaceProperty}/{names.GetValueOrDefault(item.Metadata.Name, item.Metadata.Name)}", json.ToJsonString(new() { WriteIndented = true }));
        }

        return normalised;
    }

    private static JsonNode? Sorted(JsonNode? node, Dictionary<string, string> names) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, Sorted(field.Value, names)))),
        JsonArray list => new JsonArray([.. list.Select(item => Sorted(item, names))]),
        JsonValue value when value.TryGetValue<string>(out var text) => names.GetValueOrDefault(text, text),
        _ => node?.DeepClone(),
    };

    private static Dictionary<string, string> Named(List<IKubernetesObject<V1ObjectMeta>> objects) => objects
        .Where(item => item is V1ConfigMap or V1Job)
        .ToDictionary(item => $"{item.Kind} {NameWithoutHash(item)}", item => item.Metadata.Name);

    private static string NameWithoutHash(IKubernetesObject<V1ObjectMeta> item) => item is V1Job ? item.Metadata.Labels["app.kubernetes.io/name"] : Hash().Replace(item.Metadata.Name, "");

    private static string NameOf(IKubernetesObject<V1ObjectMeta> item) => $"{item.Kind} {item.Metadata.Name}";

    [GeneratedRegex("-[a-z0-9]{10}$")]
    private static partial Regex Hash();
}
