using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Helm;

/// <summary>
/// The Helm chart: the objects of all kinds of environment as templates, whose values are an environment's file. Their content is the overlays', taken
/// from the same output.
/// </summary>
public static partial class HelmChart
{
    /// <summary>Where the chart is kept, from the repository's root on.</summary>
    public const string DefaultFolder = "deploy/helm/simulation-manager";

    private const string Heading = $"{{{{/* {OutputTree.Origin} */}}}}\n";
    private const string NameLabel = Labels.Name;

    /// <summary>All files of the chart. The same input gives the same bytes.</summary>
    /// <param name="manifest">The graph.</param>
    /// <param name="settings">What is the same in every installation.</param>
    /// <exception cref="GenerationException">The manifest or the settings do not say all that is needed.</exception>
    public static OutputTree Generate(AspireManifest manifest, ClusterSettings settings)
    {
        var (manifests, graph, variants) = ManifestGeneration.GenerateVariants(manifest, settings);
        var chart = new OutputTree();
        chart.AddText("Chart.yaml", Description(settings));
        chart.AddText("values.yaml", ChartValues.Defaults);
        chart.AddText("values.schema.json", ChartValues.Schema(variants));
        chart.AddText("templates/_helpers.tpl", Helpers);
        chart.AddText("templates/NOTES.txt", Notes(graph));
        var cases = variants.SelectMany(variant => Cases(variant).Select(@case => (Case: @case, Objects: ChartObjects.Of(manifests, settings, variant, @case)))).ToArray();
        var objects = cases.SelectMany(item => item.Objects.Select(value => new Variant(item.Case, value))).GroupBy(item => Identity(item.Node!));
        foreach (var item in objects)
            chart.AddText($"templates/{FileName(item.First().Node!)}", Template([.. item], cases.Length));
        return chart;
    }

    private static IEnumerable<ChartCase> Cases(OverlayVariant variant) =>
        variant.WithoutStorageClass is null ? [new ChartCase(variant.Name)] : [new ChartCase(variant.Name, StorageClass: false), new ChartCase(variant.Name, StorageClass: true)];

    private static string Template(IReadOnlyList<Variant> variants, int cases)
    {
        var item = variants[0].Node!;
        var conditions = new List<string>();
        if (variants.Count < cases) conditions.Add(ChartCase.Condition(variants.Select(variant => variant.Case)));
        if (ExistingIn(item) is { } existing) conditions.Add(existing);
        var (definition, body) = item["kind"]!.GetValue<string>() switch
        {
            "ConfigMap" => NamedByContent(variants, "data"),
            // A Job cannot be changed, so another one takes its place.
            "Job" => NamedByContent(variants, "spec"),
            _ => ("", ChartTemplate.Write(variants)),
        };
        return Heading + definition + string.Concat(conditions.Select(condition => $"{{{{- if {condition} }}}}\n")) + body + string.Concat(conditions.Select(_ => "{{- end }}\n"));
    }

    /// <summary>What a cluster may have already, and is then left alone. Helm would refuse to install over it.</summary>
    private static string? ExistingIn(JsonNode item) => (item["kind"]!.GetValue<string>(), item["metadata"]!["labels"]?[NameLabel]?.GetValue<string>()) switch
    {
        ("Namespace", _) => $"include \"is-ours\" (list . \"v1\" \"Namespace\" \"{item["metadata"]!["name"]}\")",
        (_, MetricsServer.Name) => $"include \"is-ours\" (list . \"apiregistration.k8s.io/v1\" \"APIService\" \"{MetricsServer.ApiServiceName}\")",
        _ => null,
    };

    private static (string Definition, string Body) NamedByContent(IReadOnlyList<Variant> variants, string field)
    {
        var name = variants[0].Node!["metadata"]!["name"]!.GetValue<string>();
        var content = ChartTemplate.Write([.. variants.Select(variant => variant with { Node = variant.Node![field] })]);
        var rest = ChartTemplate.Write([.. variants.Select(variant => variant with { Node = WithoutContent(variant.Node!.AsObject(), field, name) })]);
        return ($"{{{{- define \"{name}\" -}}}}\n{content}{{{{- end }}}}\n", $"{rest}{field}:\n  {{{{- include \"{name}\" . | nindent 2 }}}}\n");
    }

    private static JsonObject WithoutContent(JsonObject item, string field, string name)
    {
        var rest = item.DeepClone().AsObject();
        rest.Remove(field);
        rest["metadata"]!["name"] = TemplateExpression.Value(ChartObjects.NameByContent(name));
        return rest;
    }

    private static (string, string, string) Identity(JsonNode item) =>
        (item["kind"]!.GetValue<string>(), item["metadata"]!["namespace"]?.GetValue<string>() ?? "", item["metadata"]!["name"]!.GetValue<string>());

    /// <summary>A folder for each workload, and one for what belongs to none.</summary>
    private static string FileName(JsonNode item)
    {
        var (kind, _, name) = Identity(item);
        var folder = item["metadata"]!["labels"]?[NameLabel]?.GetValue<string>() ?? "cluster";
        return name == folder
            ? $"{folder}/{kind.ToLowerInvariant()}.yaml"
            : $"{folder}/{kind.ToLowerInvariant()}-{name.Replace(':', '-')}.yaml";
    }

    private static string Description(ClusterSettings settings) => $"""
        # {OutputTree.Origin}
        apiVersion: v2
        name: {settings.System}
        description: Simulations with recorded robot messages at scale, with their stores and monitoring.
        type: application
        version: {FourthPart().Replace(settings.Version, "$1-")}
        appVersion: "{settings.Version}"
        kubeVersion: ">=1.30.0-0"

        """;

    private const string Helpers = """
        {{/* Whether an object of the cluster is missing, or was installed by this release: root, apiVersion, kind, name. */}}
        {{- define "is-ours" -}}
        {{- $release := (index . 0).Release.Name }}
        {{- $existing := lookup (index . 1) (index . 2) "" (index . 3) }}
        {{- if or (not $existing) (eq $release (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $existing)) }}true{{ end }}
        {{- end }}

        """;

    private static string Notes(ClusterGraph graph) => $$$$"""
        SimulationManager {{ .Chart.AppVersion }} is being installed ({{ .Values.overlay }}) in the namespace {{{{graph.Settings.Namespace}}}}.

        Its pods start as soon as their Secrets are there. Where they are missing, this makes them:
          deploy/install.sh --prepare --overlay ENVIRONMENT

        Watch:  kubectl -n {{{{graph.Settings.Namespace}}}} get pods
        {{- if eq .Values.overlay "dev" }}
        API:    http://NODE:{{{{NodePort(graph)}}}}/api
        {{- else }}
        API:    https://{{ default "{{{{graph.Settings.Production.Host}}}}" .Values.host }}/api (TLS: Secret api-tls)
        {{- end }}

        The first to sign up there with the role "admin" is the first admin.
        Data, Secrets and the namespace stay when the release is uninstalled.

        """;

    /// <summary>The port of every node that leads to what clients call.</summary>
    private static int NodePort(ClusterGraph graph) => graph.Workloads.Values
        .SelectMany(workload => workload.Ports.Where(port => port.External).Select(port => workload.Settings.DevelopmentNodePorts[port.Name]))
        .First();

    /// <summary>A chart's version is a semantic one; ours may go on after a dot.</summary>
    [GeneratedRegex(@"^(\d+\.\d+\.\d+)\.")]
    private static partial Regex FourthPart();
}
