using System.Text.Json.Nodes;
using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Helm;

/// <summary>The objects of one case, with the places that the values fill in. It does to them what <see cref="EnvironmentOverlay"/> has kustomize do.</summary>
internal sealed class ChartObjects
{
    private readonly ClusterSettings _settings;
    private readonly ChartCase _case;
    private readonly IReadOnlySet<string> _configMaps;
    private readonly Dictionary<string, ClusterWorkload> _images;
    private readonly string[] _proxyLists;

    private ChartObjects(ClusterSettings settings, OverlayVariant variant, ChartCase @case, IReadOnlySet<string> configMaps)
    {
        _settings = settings;
        _case = @case;
        _configMaps = configMaps;
        _images = variant.Workloads.ToDictionary(workload => workload.Image);
        _proxyLists = [.. variant.Workloads.Select(workload => workload.Settings.KnownProxiesVariable).OfType<string>().Select(variable => $"{variable}__")];
    }

    /// <summary>The objects of a case.</summary>
    public static IReadOnlyList<JsonObject> Of(OutputTree tree, ClusterSettings settings, OverlayVariant variant, ChartCase @case)
    {
        var overlay = OverlayObjects.Build(tree, $"{OverlayVariant.Root}/{variant.Name}");
        if (variant.WithoutStorageClass is { } component && @case.StorageClass == false) overlay.Add(component);
        var chart = new ChartObjects(settings, variant, @case, overlay.ConfigMaps);
        foreach (var item in overlay.Objects) chart.FillIn(item);
        return overlay.Objects;
    }

    /// <summary>The name of an object that is replaced instead of changed, ending with a hash of what the template of that name gives.</summary>
    public static string NameByContent(string name) => $"{name}-{{{{ include \"{name}\" . | sha256sum | trunc 10 }}}}";

    private void FillIn(JsonObject item)
    {
        ReplaceIn(item);
        switch (item["kind"]!.GetValue<string>())
        {
            case "StatefulSet" when _case.StorageClass != false:
                foreach (var claim in item["spec"]!["volumeClaimTemplates"]!.AsArray())
                    claim!["spec"]!["storageClassName"] = TemplateExpression.OptionalValue(".Values.storageClass");
                break;
            case "ConfigMap":
                foreach (var prefix in _proxyLists) ReplaceProxies(item["data"]!.AsObject(), prefix);
                break;
            case "Ingress":
                item["spec"]!["rules"]![0]!["host"] = Host();
                item["spec"]!["tls"]![0]!["hosts"]![0] = Host();
                break;
            // Another hash of its content takes the place of its number or hash.
            case "Job":
                item["metadata"]!["name"] = item["metadata"]!["labels"]![Labels.Name]!.DeepClone();
                break;
            // "helm uninstall" leaves what data and Secrets are in.
            case "Namespace" or "PersistentVolume":
                item["metadata"]!["annotations"] = new JsonObject { ["helm.sh/resource-policy"] = "keep" };
                break;
            default: break;
        }
    }

    private void ReplaceProxies(JsonObject data, string prefix)
    {
        var keys = data.Select(setting => setting.Key).Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToArray();
        if (keys.Length == 0) return;
        foreach (var key in keys) data.Remove(key);
        var networks = string.Join(' ', _settings.Production.KnownProxies.Select(network => $"\"{network}\""));
        data[TemplateExpression.IndexedKey(prefix)] = $"(default (list {networks}) .Values.knownProxies)";
    }

    private JsonNode Host() => TemplateExpression.Value($"{{{{ default \"{_settings.Production.Host}\" .Values.host | quote }}}}");

    /// <summary>Images, and the names of ConfigMaps, wherever they are.</summary>
    private void ReplaceIn(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list) ReplaceIn(item);
        }
        else if (node is JsonObject map)
        {
            foreach (var (key, value) in map.ToArray())
            {
                if (key == "image" && value is JsonValue image && _images.TryGetValue(image.GetValue<string>(), out var workload)) map[key] = TemplateExpression.Value(Image(workload));
                else if (key is "configMapRef" or "configMap" && value!["name"] is { } name && _configMaps.Contains(name.GetValue<string>())) value["name"] = TemplateExpression.Value(NameByContent(name.GetValue<string>()));
                else ReplaceIn(value);
            }
        }
    }

    private static string Image(ClusterWorkload workload)
    {
        var shipped = workload.IsProject
            ? $"(printf \"%s{workload.Image[ImageReference.Loaded.Length..]}\" (default \"{ImageReference.Loaded}\" .Values.registry))"
            : $"\"{workload.Image}\"";
        return $"{{{{ default {shipped} (index .Values.images \"{workload.Name}\") | quote }}}}";
    }
}
