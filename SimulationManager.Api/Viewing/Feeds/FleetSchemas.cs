namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>
/// Definitions of the messages about all agents. Those of ROS have the types that they use with them, and are Foxglove's
/// (https://github.com/foxglove/foxglove-sdk/tree/main/schemas/ros2), without comments.
/// </summary>
internal static class FleetSchemas
{
    public const string FrameTransforms = """
        foxglove_msgs/FrameTransform[] transforms
        ================================================================================
        MSG: foxglove_msgs/FrameTransform
        builtin_interfaces/Time timestamp
        string parent_frame_id
        string child_frame_id
        geometry_msgs/Vector3 translation
        geometry_msgs/Quaternion rotation
        ================================================================================
        MSG: builtin_interfaces/Time
        int32 sec
        uint32 nanosec
        ================================================================================
        MSG: geometry_msgs/Vector3
        float64 x
        float64 y
        float64 z
        ================================================================================
        MSG: geometry_msgs/Quaternion
        float64 x 0
        float64 y 0
        float64 z 0
        float64 w 1
        """;

    /// <summary>JSON Schema of <see cref="FleetTable"/>'s messages.</summary>
    public const string Table = """
        {
          "title": "FleetTable",
          "type": "object",
          "properties": {
            "agents": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "instanceId": { "type": "integer", "description": "The agent's number within the run" },
                  "name": { "type": "string", "description": "Its name in topics" },
                  "status": { "type": "string" },
                  "progress": { "type": "number", "description": "Percent of all its repeats; left out while it plays over and over" },
                  "positionPercent": { "type": "number", "description": "Percent of the pass that it is playing" },
                  "currentRepeat": { "type": "integer", "description": "Repeats that it has finished" },
                  "messagesOut": { "type": "integer" },
                  "messagesDropped": { "type": "integer" },
                  "latenessP50": { "type": "integer", "description": "Half of its messages were at most this late, in microseconds" },
                  "latenessP99": { "type": "integer", "description": "99 % of its messages were at most this late, in microseconds" }
                }
              }
            }
          }
        }
        """;

    public const string SceneUpdate = """
        foxglove_msgs/SceneEntityDeletion[] deletions
        foxglove_msgs/SceneEntity[] entities
        ================================================================================
        MSG: foxglove_msgs/SceneEntityDeletion
        builtin_interfaces/Time timestamp
        uint8 MATCHING_ID=0
        uint8 ALL=1
        uint8 type
        string id
        ================================================================================
        MSG: foxglove_msgs/SceneEntity
        builtin_interfaces/Time timestamp
        string frame_id
        string id
        builtin_interfaces/Duration lifetime
        bool frame_locked
        foxglove_msgs/KeyValuePair[] metadata
        foxglove_msgs/ArrowPrimitive[] arrows
        foxglove_msgs/CubePrimitive[] cubes
        foxglove_msgs/SpherePrimitive[] spheres
        foxglove_msgs/CylinderPrimitive[] cylinders
        foxglove_msgs/LinePrimitive[] lines
        foxglove_msgs/TriangleListPrimitive[] triangles
        foxglove_msgs/TextPrimitive[] texts
        foxglove_msgs/ModelPrimitive[] models
        ================================================================================
        MSG: foxglove_msgs/KeyValuePair
        string key
        string value
        ================================================================================
        MSG: foxglove_msgs/ArrowPrimitive
        geometry_msgs/Pose pose
        float64 shaft_length
        float64 shaft_diameter
        float64 head_length
        float64 head_diameter
        foxglove_msgs/Color color
        ================================================================================
        MSG: foxglove_msgs/CubePrimitive
        geometry_msgs/Pose pose
        geometry_msgs/Vector3 size
        foxglove_msgs/Color color
        ================================================================================
        MSG: foxglove_msgs/SpherePrimitive
        geometry_msgs/Pose pose
        geometry_msgs/Vector3 size
        foxglove_msgs/Color color
        ================================================================================
        MSG: foxglove_msgs/CylinderPrimitive
        geometry_msgs/Pose pose
        geometry_msgs/Vector3 size
        float64 bottom_scale
        float64 top_scale
        foxglove_msgs/Color color
        ================================================================================
        MSG: foxglove_msgs/LinePrimitive
        uint8 LINE_STRIP=0
        uint8 LINE_LOOP=1
        uint8 LINE_LIST=2
        uint8 type
        geometry_msgs/Pose pose
        float64 thickness
        bool scale_invariant
        geometry_msgs/Point[] points
        foxglove_msgs/Color color
        foxglove_msgs/Color[] colors
        uint32[] indices
        ================================================================================
        MSG: foxglove_msgs/TriangleListPrimitive
        geometry_msgs/Pose pose
        geometry_msgs/Point[] points
        foxglove_msgs/Color color
        foxglove_msgs/Color[] colors
        uint32[] indices
        ================================================================================
        MSG: foxglove_msgs/TextPrimitive
        geometry_msgs/Pose pose
        bool billboard
        float64 font_size
        bool scale_invariant
        foxglove_msgs/Color color
        string text
        ================================================================================
        MSG: foxglove_msgs/ModelPrimitive
        geometry_msgs/Pose pose
        geometry_msgs/Vector3 scale
        foxglove_msgs/Color color
        bool override_color
        string url
        string media_type
        uint8[] data
        ================================================================================
        MSG: foxglove_msgs/Color
        float64 r
        float64 g
        float64 b
        float64 a
        ================================================================================
        MSG: builtin_interfaces/Time
        int32 sec
        uint32 nanosec
        ================================================================================
        MSG: builtin_interfaces/Duration
        int32 sec
        uint32 nanosec
        ================================================================================
        MSG: geometry_msgs/Vector3
        float64 x
        float64 y
        float64 z
        ================================================================================
        MSG: geometry_msgs/Point
        float64 x
        float64 y
        float64 z
        ================================================================================
        MSG: geometry_msgs/Quaternion
        float64 x 0
        float64 y 0
        float64 z 0
        float64 w 1
        ================================================================================
        MSG: geometry_msgs/Pose
        geometry_msgs/Point position
        geometry_msgs/Quaternion orientation
        """;
}
