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
    public static string Of(string prefix, V1PodTemplateSpec template, params IEnumerable<string> settings)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(OutputTree.ToYaml(template) + string.Join('\n', settings)));
        return $"{prefix}-{Convert.ToHexStringLower(hash)[..HashLength]}";
    }
}
