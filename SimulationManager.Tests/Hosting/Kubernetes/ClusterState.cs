using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What a cluster and its registries hold, and what the controllers do with it.</summary>
internal sealed class ClusterState
{
    public const string System = "robot";

    public ClusterState()
    {
    }

    /// <summary>Another cluster with the same content.</summary>
    public ClusterState(ClusterState other)
    {
        Objects = new(other.Objects, StringComparer.Ordinal);
        Claims = new(other.Claims, StringComparer.Ordinal);
        Volumes = new(other.Volumes);
        Secrets = new(other.Secrets);
        ConfigMaps = [.. other.ConfigMaps];
        Replicas = new(other.Replicas);
        Images = [.. other.Images];
        LastVersion = other.LastVersion;
    }

    /// <summary>By kind, namespace and name.</summary>
    public SortedDictionary<string, ClusterObject> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>Class and volume of each claim; empty texts are none.</summary>
    public SortedDictionary<string, (string Class, string Volume)> Claims { get; } = new(StringComparer.Ordinal);

    /// <summary>Phase of each volume that has, or had, a claim.</summary>
    public Dictionary<string, string> Volumes { get; } = [];

    /// <summary>Values by Secret and key.</summary>
    public Dictionary<(string Secret, string Key), string> Secrets { get; } = [];

    public HashSet<string> ConfigMaps { get; } = [];

    /// <summary>How many pods each Deployment is to have, and has.</summary>
    public Dictionary<string, (int Wanted, int Available)> Replicas { get; } = [];

    /// <summary>Images that were pushed to a registry, or loaded into the nodes.</summary>
    public List<string> Images { get; } = [];

    /// <summary>The annotation of the namespace.</summary>
    public string LastVersion { get; set; } = "";

    /// <summary>The workload whose pods were listed last.</summary>
    public string LookedAt { get; set; } = "";

    public IEnumerable<ClusterObject> OfKind(string kind, string space = System) => Objects.Values.Where(item => item.Kind == kind && item.Space == space);

    public IEnumerable<T> ValuesOf<T>() => Objects.Values.Select(item => item.Value).OfType<T>();

    public bool HasSecret(string name) => Secrets.Keys.Any(key => key.Secret == name);

    /// <summary>What the controllers do about a StatefulSet: a claim for each pod, and a volume for each claim that can have one.</summary>
    public void MakeClaims(V1StatefulSet set, string defaultClass)
    {
        var @class = set.Spec.VolumeClaimTemplates?.FirstOrDefault()?.Spec.StorageClassName ?? "";
        for (var pod = 0; pod < (set.Spec.Replicas ?? 1); pod++) Claims.TryAdd($"data-{set.Metadata.Name}-{pod}", (@class.Length > 0 ? @class : defaultClass, ""));
        foreach (var (name, claim) in ClaimsOf(set.Metadata.Name).Where(claim => claim.Value.Volume.Length == 0).ToArray())
            Claims[name] = claim with { Volume = claim.Class.Length > 0 && claim.Class == defaultClass ? $"pvc-{name}" : Bind(name, claim.Class) };
    }

    public IEnumerable<KeyValuePair<string, (string Class, string Volume)>> ClaimsOf(string set) => Claims.Where(claim => claim.Key.StartsWith($"data-{set}-", StringComparison.Ordinal));

    /// <summary>Removes a claim. Its volume is kept, and no other claim gets it.</summary>
    public void ForgetClaim(string name)
    {
        if (Claims.Remove(name, out var claim) && Volumes.ContainsKey(claim.Volume)) Volumes[claim.Volume] = "Released";
    }

    /// <summary>Removes an object and what goes with it.</summary>
    public void Forget(string key)
    {
        Objects.Remove(key);
        if (key.Split(':', 3) is not [var kind, _, var name]) return;
        switch (kind)
        {
            case "PersistentVolume":
                Volumes.Remove(name);
                break;
            case "Deployment":
                Replicas.Remove(name);
                break;
            case "Namespace":
                if (name == System)
                {
                    foreach (var claim in Claims.Keys.ToArray()) ForgetClaim(claim);
                    Secrets.Clear();
                }

                foreach (var item in Objects.Values.Where(item => item.Space == name).ToArray()) Forget(item.Key);
                break;
        }
    }

    private string Bind(string claim, string @class)
    {
        var volume = ValuesOf<V1PersistentVolume>().FirstOrDefault(volume => volume.Spec.ClaimRef?.Name == claim && volume.Spec.StorageClassName == @class && !Volumes.ContainsKey(volume.Metadata.Name))?.Metadata.Name;
        if (volume is null) return "";
        Volumes[volume] = "Bound";
        return volume;
    }
}
