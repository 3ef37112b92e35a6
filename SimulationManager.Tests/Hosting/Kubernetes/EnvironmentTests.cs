using k8s.Models;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The files of <c>deploy/environments</c>, and the overlays that are made of them.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private const string Digest = "mirror.example.org/postgres:17.7@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private readonly string _folder = Directory.CreateTempSubdirectory("environments-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"overlay":"dev","storage-class":"fast"}""", "'storage-class' is not known; known are overlay, registry, images, storageClass, host, knownProxies and scaleByLoad")]
    [InlineData("""{"overlay":"dev","registry":["a"]}""", "'registry' must be a text")]
    [InlineData("""{"overlay":"dev","images":"postgres:1"}""", "'images' must be an object")]
    [InlineData("""{"overlay":"dev","images":{"postgres":17}}""", "'images.postgres' must be a text")]
    [InlineData("""{"overlay":"dev","images":{"postgres":""}}""", "'images.postgres' is empty")]
    [InlineData("""{"overlay":"prod","knownProxies":"10.0.0.0/8"}""", "'knownProxies' must be a list")]
    [InlineData("""{"overlay":"prod","knownProxies":["10.0.0.0/33"]}""", "'10.0.0.0/33', which is no network")]
    [InlineData("""{"overlay":"prod","knownProxies":["proxy.example.org"]}""", "'proxy.example.org', which is no network")]
    [InlineData("""{"overlay":"prod","scaleByLoad":"yes"}""", "'scaleByLoad' must be true or false")]
    [InlineData("""{"overlay":"dev","overlay":"prod"}""", "not valid JSON")]
    [InlineData("""{"overlay":"dev",}""", "not valid JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("""{"registry":""}""", "lacks 'overlay'")]
    [InlineData("""{"overlay":"dev","registry":"https://registry.example.org"}""", "'registry' is 'https://registry.example.org', which is not a host and a path")]
    [InlineData("""{"overlay":"dev","registry":"registry.example.org/team/"}""", "without scheme and closing slash")]
    [InlineData("""{"overlay":"dev","registry":"team"}""", "'registry' is 'team'")]
    [InlineData("""{"overlay":"dev","storageClass":"Fast Disk"}""", "'storageClass' is 'Fast Disk'")]
    [InlineData("""{"overlay":"prod","host":"https://robots.example.org"}""", "'host' is 'https://robots.example.org', which is not a host name")]
    [InlineData("""{"overlay":"prod","host":"*.example.org"}""", "'host' is '*.example.org'")]
    [InlineData("""{"overlay":"staging"}""", "there is no overlay 'staging'; there are dev, prod, prod-minio")]
    [InlineData("""{"overlay":"dev","host":"robots.example.org"}""", "which 'dev' has not")]
    [InlineData("""{"overlay":"prod","storageClass":"fast"}""", "overlay 'prod' has no claims")]
    [InlineData("""{"overlay":"prod","images":{"postgres":"postgres:17.7"}}""", "a resource that overlay 'prod' does not have; it has metrics, api, worker")]
    [InlineData("""{"overlay":"dev","images":{"postgres":"postgres:latest"}}""", "may change behind our back")]
    public void File_that_is_not_right_is_refused_with_its_name_and_the_reason(string json, string reason)
    {
        var message = Assert.Throws<GenerationException>(() => Generate("customer", json)).Message;

        Assert.Contains("customer.json: ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Customer.json")]
    [InlineData("customer.yaml")]
    public void File_whose_name_is_no_environments_name_is_refused(string name)
    {
        File.WriteAllText(Path.Combine(_folder, name), """{"overlay":"dev"}""");

        Assert.Contains(name, Assert.Throws<GenerationException>(() => EnvironmentFile.ReadAll(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.example.org")]
    [InlineData("registry.example.org:5000/team/a_b")]
    [InlineData("localhost:5000")]
    [InlineData("localhost/team")]
    public async Task Own_images_come_from_the_registry_of_the_environment(string registry)
    {
        var objects = await BuildAsync($$"""{"overlay":"dev","registry":"{{registry}}"}""");

        Assert.Equal(
            [$"{registry}/simulationmanager-api:1.0.0", $"{registry}/simulationmanager-api:1.0.0", $"{registry}/simulationmanager-worker:1.0.0"],
            objects.Workloads.Where(pods => pods.Name is "api" or "worker" || pods.Name.StartsWith("migration-1-0-0", StringComparison.Ordinal)).Select(pods => pods.Spec.Containers[0].Image).Order());
        Assert.Equal("docker.io/library/postgres:17.6", ImageOf(objects, "postgres"));
    }

    /// <summary>A name without a registry would be looked up on a public one by a node that lacks it.</summary>
    [Fact]
    public async Task Own_images_are_this_machines_where_there_is_no_registry() =>
        Assert.Equal("localhost/simulationmanager-api:1.0.0", ImageOf(await BuildAsync("""{"overlay":"dev","registry":""}"""), "api"));

    /// <summary>A job that ran cannot get other pods.</summary>
    [Fact]
    public async Task Migration_of_another_image_is_another_job()
    {
        string[] environments = ["""{"overlay":"dev"}""", """{"overlay":"dev","registry":"a.example.org"}""", """{"overlay":"dev","registry":"b.example.org"}""", """{"overlay":"dev","images":{"api":"b.example.org/api:7"}}"""];
        var names = new List<string>();

        foreach (var environment in environments)
            names.Add((await BuildAsync(environment)).OfKind<V1Job>().Single(job => job.Metadata.NamespaceProperty == "robot").Metadata.Name);

        Assert.All(names, name => Assert.Matches("^migration-1-0-0-[0-9a-f]{8}$", name));
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Fact]
    public async Task Image_of_a_resource_is_taken_as_it_is_given()
    {
        var objects = await BuildAsync($$$"""{"overlay":"dev","images":{"postgres":"{{{Digest}}}","redis":"mirror.example.org:5000/redis:8.8"}}""");

        Assert.Equal(Digest, ImageOf(objects, "postgres"));
        Assert.Equal("mirror.example.org:5000/redis:8.8", ImageOf(objects, "redis"));
    }

    [Theory]
    [InlineData("dev", "postgres redis minio")]
    [InlineData("prod-minio", "minio")]
    public async Task Claims_have_the_storage_class_of_the_environment(string overlay, string stores)
    {
        var objects = await BuildAsync($$"""{"overlay":"{{overlay}}","storageClass":"fast.example.org"}""");

        var claims = objects.OfKind<V1StatefulSet>().Select(set => (set.Metadata.Name, Assert.Single(set.Spec.VolumeClaimTemplates).Spec.StorageClassName));
        Assert.Equal(stores.Split(' ').Select(store => (store, "fast.example.org")).Order(), claims.Order());
        Assert.Empty(objects.OfKind<V1PersistentVolume>());
        Assert.DoesNotContain(objects.Workloads, pods => pods.Name.StartsWith("host-folders", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ingress_has_the_host_of_the_environment()
    {
        var objects = await BuildAsync("""{"overlay":"prod","host":"robots.example.org"}""");

        var ingress = objects.Find<V1Ingress>("api");

        Assert.Equal(["robots.example.org"], ingress.Spec.Rules.Select(rule => rule.Host));
        Assert.Equal(["robots.example.org"], ingress.Spec.Tls.SelectMany(tls => tls.Hosts));
    }

    [Fact]
    public void Every_environment_has_an_overlay_of_its_name_and_nothing_of_another()
    {
        File.WriteAllText(Path.Combine(_folder, "berlin.json"), """{"overlay":"prod","host":"berlin.example.org"}""");
        File.WriteAllText(Path.Combine(_folder, "paris.json"), """{"overlay":"prod","host":"paris.example.org"}""");

        var files = Generate(EnvironmentFile.ReadAll(_folder)).Files;

        Assert.Equal(["overlays/berlin/patch-ingress-api.yaml"], files.Where(file => file.Value.Contains("berlin", StringComparison.Ordinal)).Select(file => file.Key));
        Assert.Equal(files["overlays/berlin/secrets.tsv"], files["overlays/paris/secrets.tsv"]);
        Assert.DoesNotContain(files.Keys, file => file.StartsWith("overlays/prod", StringComparison.Ordinal));
    }

    private static SimulationManager.Hosting.Kubernetes.Output.OutputTree Generate(string name, string json) => Generate([EnvironmentFile.Parse($"{name}.json", json)]);

    private static SimulationManager.Hosting.Kubernetes.Output.OutputTree Generate(IEnumerable<EnvironmentSettings> environments) =>
        ManifestGeneration.Generate(AspireManifest.Parse(File.ReadAllText(ManifestTests.Reference)), SystemSettings.Of("1.0.0"), environments);

    private async Task<ClusterObjects> BuildAsync(string json)
    {
        Generate("customer", json).Write(_folder);
        return new ClusterObjects(Kustomize.Read(await Kustomize.BuildFolderAsync(Path.Combine(_folder, "overlays/customer"))), new HashSet<(string, string)>());
    }

    private static string ImageOf(ClusterObjects objects, string workload) => objects.Workloads.Single(pods => pods.Name == workload).Spec.Containers[0].Image;
}
