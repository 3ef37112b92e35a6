using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>
/// Names of jobs. The pods of a job cannot be changed once it exists, so the name ends with a hash of them: whatever differs (image,
/// registry, memory, environment) is another job.
/// </summary>
internal static class JobName
{
    private const int HashLength = 8;

    /// <param name="prefix">What the job does.</param>
    /// <param name="template">Its pods.</param>
    /// <param name="settings">Content of the ConfigMaps that the pods name: kustomize changes those names with the content.</param>
    public static string Of(string prefix, V1PodTemplateSpec template, params IEnumerable<string> settings) =>
        $"{prefix}-{Hash(OutputTree.ToYaml(template) + string.Join('\n', settings))}";

    /// <summary>The name of a job whose pods have another image.</summary>
    public static string WithImage(string name, string image) => name[..^HashLength] + Hash(name + image);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength];
}
