using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>
/// KEDA's autoscaler, which makes a HorizontalPodAutoscaler and gives it metrics from elsewhere. With the fields that are used here. Source:
/// <c>keda.sh/v1alpha1</c>, apis/keda/v1alpha1/scaledobject_types.go.
/// </summary>
public sealed class ScaledObject : IKubernetesObject<V1ObjectMeta>
{
    public const string Group = "keda.sh/v1alpha1";

    /// <summary>Lets KEDA take over an autoscaler of that name which is there from before.</summary>
    public const string TransferAnnotation = "scaledobject.keda.sh/transfer-hpa-ownership";

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = Group;

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = nameof(ScaledObject);

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public ScaledObjectSpec Spec { get; set; } = new();
}

/// <summary>What is scaled, between which bounds, and by what.</summary>
public sealed class ScaledObjectSpec
{
    [JsonPropertyName("scaleTargetRef")]
    public V2CrossVersionObjectReference ScaleTargetRef { get; set; } = new();

    /// <summary>Seconds between two looks at the triggers.</summary>
    [JsonPropertyName("pollingInterval")]
    public int PollingInterval { get; set; }

    [JsonPropertyName("minReplicaCount")]
    public int MinReplicaCount { get; set; }

    [JsonPropertyName("maxReplicaCount")]
    public int MaxReplicaCount { get; set; }

    [JsonPropertyName("advanced")]
    public ScaledObjectAdvanced Advanced { get; set; } = new();

    [JsonPropertyName("triggers")]
    public IList<ScaledObjectTrigger> Triggers { get; set; } = [];
}

public sealed class ScaledObjectAdvanced
{
    [JsonPropertyName("horizontalPodAutoscalerConfig")]
    public ScaledObjectAutoscaler HorizontalPodAutoscalerConfig { get; set; } = new();
}

/// <summary>The autoscaler that KEDA makes.</summary>
public sealed class ScaledObjectAutoscaler
{
    [JsonPropertyName("name")]
    public string Name { get; set; } = "";

    [JsonPropertyName("behavior")]
    public V2HorizontalPodAutoscalerBehavior Behavior { get; set; } = new();
}

/// <summary>A metric and how much of it one pod is to have.</summary>
public sealed class ScaledObjectTrigger
{
    /// <summary><c>cpu</c> or <c>prometheus</c>.</summary>
    [JsonPropertyName("type")]
    public string Type { get; set; } = "";

    [JsonPropertyName("name")]
    public string? Name { get; set; }

    [JsonPropertyName("metricType")]
    public string MetricType { get; set; } = "AverageValue";

    [JsonPropertyName("metadata")]
    public IDictionary<string, string> Metadata { get; set; } = new Dictionary<string, string>();
}
