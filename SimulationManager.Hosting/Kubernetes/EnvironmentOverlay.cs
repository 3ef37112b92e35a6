using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>The overlay of one environment: a variant, with what the environment's file says. This is what the scripts apply.</summary>
internal sealed class EnvironmentOverlay
{
    private readonly OutputTree _tree;
    private readonly ClusterGraph _graph;
    private readonly OverlayVariant _variant;
    private readonly EnvironmentSettings _environment;
    private readonly List<PatchReference> _patches = [];

    private EnvironmentOverlay(OutputTree tree, ClusterGraph graph, OverlayVariant variant, EnvironmentSettings environment)
    {
        _tree = tree;
        _graph = graph;
        _variant = variant;
        _environment = environment;
    }

    private string Folder => $"overlays/{_environment.Name}";

    /// <summary>Adds the overlay.</summary>
    /// <exception cref="GenerationException">The environment sets what its kind of cluster does not have.</exception>
    public static void Add(OutputTree tree, ClusterGraph graph, IReadOnlyList<OverlayVariant> variants, EnvironmentSettings environment)
    {
        var variant = variants.FirstOrDefault(variant => variant.Name == environment.Overlay)
            ?? throw Wrong(environment, $"there is no overlay '{environment.Overlay}'; there are {string.Join(", ", variants.Select(variant => variant.Name))}");
        new EnvironmentOverlay(tree, graph, variant, environment).Add();
    }

    private void Add()
    {
        var images = Images();
        SetStorageClass();
        SetHost();
        SetKnownProxies();
        RenameMigration(images);
        _tree.AddKustomization(Folder, new Kustomization
        {
            Resources = [$"../../{OverlayVariant.Root}/{_variant.Name}"],
            Components = [.. Components()],
            Images = images,
            Patches = _patches,
        });
        _tree.AddText($"{Folder}/{SecretList.FileName}", _variant.Secrets);
    }

    private IEnumerable<string> Components()
    {
        if (_variant.WithoutStorageClass is { } component && _environment.StorageClass is null) yield return $"../../{component}";
        if (!_environment.ScaleByLoad) yield break;
        foreach (var scaler in LoadScalerComponent.ReferencesFromOverlay(_graph)) yield return scaler;
    }

    private void SetStorageClass()
    {
        if (_environment.StorageClass is not { } storageClass) return;
        var stores = _variant.Workloads.Where(workload => workload.Resource.Volumes.Count > 0).ToArray();
        if (stores.Length == 0) throw Wrong(_environment, $"'storageClass' is set, but overlay '{_variant.Name}' has no claims");
        foreach (var store in stores)
            AddPatch("StatefulSet", store.Name, [.. store.Resource.Volumes.Select((_, index) => new PatchOperation("add", $"/spec/volumeClaimTemplates/{index}/spec/storageClassName", storageClass))]);
    }

    private void SetHost()
    {
        if (_environment is { Host: null, KnownProxies.Count: 0 }) return;
        if (!_variant.HasIngress) throw Wrong(_environment, $"'host' and 'knownProxies' are for overlays with an ingress, which '{_variant.Name}' has not");
        if (_environment.Host is not { } host) return;
        foreach (var workload in _variant.Workloads.Where(workload => workload.Ports.Any(port => port.External)))
            AddPatch("Ingress", workload.Name, new PatchOperation("replace", "/spec/rules/0/host", host), new PatchOperation("replace", "/spec/tls/0/hosts/0", host));
    }

    /// <summary>In the place of the variant's own, of which there may be more.</summary>
    private void SetKnownProxies()
    {
        if (_environment.KnownProxies.Count == 0) return;
        foreach (var workload in _variant.Workloads.Where(workload => workload.Settings.KnownProxiesVariable is not null))
        {
            string Path(int index) => $"/data/{workload.Settings.KnownProxiesVariable}__{index}";
            AddPatch("ConfigMap", workload.ConfigMapName,
            [
                .. _environment.KnownProxies.Select((network, index) => new PatchOperation("add", Path(index), network)),
                .. Enumerable.Range(0, _graph.Settings.Production.KnownProxies.Count).Skip(_environment.KnownProxies.Count).Select(index => new PatchOperation("remove", Path(index))),
            ]);
        }
    }

    /// <summary>Images by name: those of the resources that the file names, and our own where they come from a registry.</summary>
    private ImageReplacement[] Images()
    {
        foreach (var name in _environment.Images.Keys.Where(name => _variant.Workloads.All(workload => workload.Name != name)))
            throw Wrong(_environment, $"'images.{name}' is for a resource that overlay '{_variant.Name}' does not have; it has {string.Join(", ", _variant.Workloads.Select(workload => workload.Name))}");
        return [.. _variant.Workloads.Select(Image).OfType<ImageReplacement>()];
    }

    /// <summary>The variant's job has a hash of its own image in its name.</summary>
    private void RenameMigration(ImageReplacement[] images)
    {
        var shipped = ImageReference.Split(_variant.Workloads.Single(workload => workload.Name == _graph.Settings.Migration.Resource).Image).Name;
        if (images.FirstOrDefault(image => image.Name == shipped) is not { } image) return;
        var file = $"patch-job-{ClusterGraph.Migration}.yaml";
        _tree.AddPatch($"{Folder}/{file}", new PatchOperation("replace", "/metadata/name", JobName.WithImage(_variant.MigrationJob, image.ToString())));
        _patches.Add(new PatchReference(file, new PatchTarget("Job", MigrationJob.AnyName)) { Options = PatchOptions.Rename });
    }

    private ImageReplacement? Image(ClusterWorkload workload)
    {
        var shipped = ImageReference.Split(workload.Image).Name;
        if (_environment.Images.TryGetValue(workload.Name, out var image))
        {
            if (!ImageReference.IsImmutable(image)) throw Wrong(_environment, $"'images.{workload.Name}' is '{image}', which may change behind our back: give a version as tag, or a digest");
            if (_variant.Workloads.Any(other => other != workload && ImageReference.Split(other.Image).Name == shipped)) throw Wrong(_environment, $"'images.{workload.Name}' would change other resources, which have the same image");
            var (name, tag, digest) = ImageReference.Split(image);
            return new ImageReplacement(shipped, name, tag, digest);
        }

        return workload.IsProject && _environment.Registry is { } registry ? new ImageReplacement(shipped, $"{registry}{shipped[ImageReference.Loaded.Length..]}") : null;
    }

    private void AddPatch(string kind, string name, params IReadOnlyList<PatchOperation> operations)
    {
        var file = $"patch-{kind.ToLowerInvariant()}-{name}.yaml";
        _tree.AddPatch($"{Folder}/{file}", operations);
        _patches.Add(new PatchReference(file, new PatchTarget(kind, name)));
    }

    private static GenerationException Wrong(EnvironmentSettings environment, string what) => new($"{EnvironmentFile.DefaultFolder}/{environment.Name}.json: {what}.");
}
