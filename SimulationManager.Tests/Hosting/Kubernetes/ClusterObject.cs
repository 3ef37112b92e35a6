using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>An object as it is applied: its text, and what that says.</summary>
internal sealed partial record ClusterObject(string Text, IKubernetesObject<V1ObjectMeta> Value)
{
    /// <summary>What an API server lets be changed of a StatefulSet.</summary>
    private static readonly string[] _changeable = ["replicas", "ordinals", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"];

    public string Kind => Value.Kind;

    public string Name => Value.Metadata.Name;

    /// <summary>The namespace, or an empty text for what belongs to the whole cluster.</summary>
    public string Space => Value.Metadata.NamespaceProperty ?? "";

    public string Key => $"{Kind}:{Space}:{Name}";

    /// <summary>What <c>kubectl</c> calls its kind, such as <c>deployment.apps</c>.</summary>
    public string Resource => Kind.ToLowerInvariant() + (Value.ApiVersion.Split('/') is [var group, _] ? $".{group}" : "");

    public Pods? Pods => Pods.Of(Value);

    /// <summary>The fields that no other version of this object may have with another value.</summary>
    public JsonNode? FixedPart
    {
        get
        {
            var spec = JsonNode.Parse(KubernetesJson.Serialize((object)Value))!["spec"];
            if (Kind == "Job") return spec?["template"];
            if (Kind != "StatefulSet") return null;
            foreach (var name in _changeable) spec!.AsObject().Remove(name);
            return spec;
        }
    }

    /// <summary>The objects of a text, in its order; comments and empty lines are none of theirs.</summary>
    public static IReadOnlyList<ClusterObject> ReadAll(string yaml) =>
    [
        .. Separator().Split(Comment().Replace(yaml, "")).Where(text => text.Length > 0).Select(text => new ClusterObject(text, Kustomize.Read(text).Single())),
    ];

    /// <summary>Whether a selector such as <c>a=b,c!=d,e in (f,g)</c> takes it.</summary>
    public bool Matches(string selector) => Requirement().Matches(selector).All(requirement =>
    {
        var value = Value.Metadata.Labels?.TryGetValue(requirement.Groups["key"].Value, out var label) is true ? label : "";
        return requirement.Groups["set"] is { Success: true } set
            ? set.Value.Split(',').Contains(value)
            : (value == requirement.Groups["value"].Value) == (requirement.Groups["sign"].Value == "=");
    });

    [GeneratedRegex(@"^(# .*)?\n", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^---\n", RegexOptions.Multiline)]
    private static partial Regex Separator();

    [GeneratedRegex(@"(?<key>[^,!=\s]+)(?: in \((?<set>[^)]*)\)|(?<sign>!?=)(?<value>[^,]*))")]
    private static partial Regex Requirement();
}
